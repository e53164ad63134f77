import { encodeProtobuf } from "../openapi/protobuf/codec.ts";
import { toYaml } from "../openapi/yaml.ts";
import type { MediaType } from "./media-type.ts";
import { schemaOfAnswer } from "./schemas.ts";

/** Anything that is answered: a kind's object, or a list of them. */
export interface Answer {
  readonly kind: string;
  readonly apiVersion?: string;
}

/** An answer's body. @param pretty of JSON: indented, for people */
export function encode(answer: Answer, { format }: MediaType, pretty: boolean): string | Uint8Array {
  switch (format) {
    case "protobuf": {
      const schema = schemaOfAnswer(answer);
      if (!schema) throw new Error(`no protobuf message for ${answer.kind}`);
      return encodeProtobuf(answer, schema);
    }
    case "yaml":
      return toYaml(answer);
    case "json":
      return pretty ? JSON.stringify(answer, null, 2) : `${JSON.stringify(answer)}\n`;
  }
}

/** `?pretty=true`, or a browser or command line tool that does not say. */
export function wantsPretty(query: URLSearchParams, agent = ""): boolean {
  const asked = query.get("pretty");
  return asked ? ["1", "t", "T", "true", "TRUE", "True"].includes(asked) : /^(curl|Wget|Mozilla\/5\.0)/.test(agent);
}
