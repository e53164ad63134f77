/** What a rule is about; `*` for all resources of a group, or of all groups. */
export interface ResourceRule {
  readonly group: string;
  readonly resource: string;
}

/** `secrets`, `deployments.apps`, `*.apps`, `*.` and `*.*`. (apimachinery/pkg/runtime/schema ParseGroupResource) */
export function parseResource(text: string): ResourceRule {
  const dot = text.indexOf(".");
  return dot < 0 ? { group: "", resource: text } : { group: text.slice(dot + 1), resource: text.slice(0, dot) };
}

/** As it is written in a file. (encryptionconfig grYAMLString) */
export const ruleName = ({ group, resource }: ResourceRule): string =>
  group || resource === "*" ? `${resource}.${group}` : resource;

/** Names of rules that a resource falls under, the one that decides first. (encryptionconfig transformerFromOverrides) */
export const rulesFor = ({ group, resource }: ResourceRule): readonly string[] => [
  ruleName({ group, resource }),
  ruleName({ group, resource: "*" }),
  "*.*",
];

/** @throws Error for a rule that could never apply, since one before it takes all of its group */
export function refuseMasked(entries: readonly { readonly resources: readonly string[] }[]): void {
  const seen = new Set<string>();
  for (const rule of entries.flatMap(({ resources }) => resources.map(parseResource))) {
    const masking = [ruleName({ group: rule.group, resource: "*" }), "*.*"].find((name) => seen.has(name));
    if (masking !== undefined) {
      const [one, other] = [ruleName(rule), masking].map((name) => JSON.stringify(name));
      throw new Error(`error while building transformers: resource ${one} is masked by earlier rule ${other}`);
    }
    seen.add(ruleName(rule));
  }
}
