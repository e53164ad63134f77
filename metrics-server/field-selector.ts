import { StatusError } from "../client/index.ts";

const invalid = (message: string) => new StatusError(400, "BadRequest", message);

/** Whether the metadata of an object is what a field selector such as `metadata.name=web,metadata.namespace!=a` asks for. */
export function fieldMatcher(selector: string): (metadata: { name?: string; namespace?: string }) => boolean {
  const terms = selector
    .split(",")
    .filter(Boolean)
    .map((term) => {
      const [, label = "", operator = "", value = ""] = /^(.*?)(==|!=|=)(.*)$/.exec(term) ?? [];
      if (!operator) throw invalid(`invalid selector: '${selector}'; can't understand '${term}'`);
      const field = label.replace(/^metadata\./, "");
      if (label === field || (field !== "name" && field !== "namespace"))
        throw invalid(`"${label}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
      return { field, wanted: operator !== "!=", value } as const;
    });
  return (metadata) => terms.every(({ field, wanted, value }) => ((metadata[field] ?? "") === value) === wanted);
}
