import { StatusError } from "./status-error.ts";

/** Whether the metadata of an object is what a field selector such as `metadata.name=web,metadata.namespace!=a` asks for. */
export function fieldMatcher(selector: string): (metadata: { name?: string; namespace?: string }) => boolean {
  const terms = selector
    .split(",")
    .filter(Boolean)
    .map((term) => {
      const [, field = "", operator = "", value = ""] =
        /^metadata\.(name|namespace)(==|=|!=)(.*)$/.exec(term.trim()) ?? [];
      if (field !== "name" && field !== "namespace")
        throw new StatusError(400, "BadRequest", `field label not supported: ${term}`);
      return { field, wanted: operator !== "!=", value } as const;
    });
  return (metadata) => terms.every(({ field, wanted, value }) => ((metadata[field] ?? "") === value) === wanted);
}
