import { Ajv } from "ajv";
import { builtinNames } from "./programs.ts";

const text = { type: "string" } as const;
const texts = { type: "array", items: text } as const;
const record = (values: object) => ({ type: "object", additionalProperties: values });
const closed = (properties: object, required: readonly string[] = []) => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});

const answer = {
  anyOf: [text, closed({ status: { type: "integer", minimum: 100, maximum: 599 }, headers: record(text), body: text })],
};
const port = closed({
  http: closed({ routes: record(answer), root: text, server: text, log: { type: "boolean" } }),
  tcp: record(text),
});
const file = {
  anyOf: [
    text,
    closed({
      content: text,
      base64: text,
      mode: { type: "string", pattern: "^[0-7]{3,4}$" },
      link: text,
      uid: { type: "integer" },
      directory: { type: "boolean" },
      generated: { enum: ["certificate", "key"] },
    }),
  ],
};
const example = closed({
  run: texts,
  env: record(text),
  stdin: text,
  seconds: { type: "number", minimum: 0 },
  stdout: text,
  exit: { type: "integer" },
});
const image = closed(
  {
    names: { ...texts, minItems: 1 },
    sizeBytes: { type: "integer", minimum: 0 },
    pull: closed({ seconds: { type: "number", minimum: 0 }, error: text }),
    entrypoint: texts,
    command: texts,
    user: text,
    workingDir: text,
    env: record(text),
    files: record(file),
    programs: record(text),
    ports: {
      type: "object",
      propertyNames: { pattern: "^[1-9][0-9]{0,4}$" },
      additionalProperties: port,
    },
    shell: { type: "boolean" },
    cpu: text,
    memory: text,
    examples: { type: "array", items: example },
  },
  ["names"],
);

const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(
  closed({ images: { type: "array", items: image } }, ["images"]),
);

/** What is wrong with the content of a file of images, for people; nothing when it is right. */
export function checkImages(content: unknown): string[] {
  if (!validate(content)) {
    return (validate.errors ?? []).map(({ instancePath, message, params }) => {
      const extra = "additionalProperty" in params ? ` (${params.additionalProperty})` : "";
      return `${instancePath || "/"} ${message}${extra}`;
    });
  }
  const { images } = content as { images: { programs?: Record<string, string> }[] }; // it was just checked
  return images.flatMap(({ programs = {} }, index) =>
    Object.entries(programs).flatMap(([name, program]) => {
      const [, builtin] = /^builtin:(.*)$/.exec(program) ?? [];
      if (builtin === undefined || builtinNames.includes(builtin)) return [];
      return [`/images/${index}/programs/${name} names no program of ours: there are ${builtinNames.join(", ")}`];
    }),
  );
}
