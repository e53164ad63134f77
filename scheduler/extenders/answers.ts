/** What extenders answer, checked: they are other people's programs. Names of fields count whatever their case, as in Go. */
type Fields = ReadonlyMap<string, unknown>;

/** @throws Error when it is no JSON object */
function fields(value: unknown, type: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`json: cannot unmarshal ${typeName(value)} into Go value of type v1.${type}`);
  return new Map(Object.entries(value).map(([name, field]) => [name.toLowerCase(), field ?? undefined]));
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function field<T>(of: Fields, name: string, fits: (value: unknown) => value is T): T | undefined {
  const value = of.get(name.toLowerCase());
  if (value === undefined || fits(value)) return value;
  throw new Error(`json: cannot unmarshal ${typeName(value)} into Go struct field ${name}`);
}

const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => Number.isInteger(value);
const isList = (value: unknown): value is unknown[] => Array.isArray(value);
const isTexts = (value: unknown): value is string[] => isList(value) && value.every(isText);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !isList(value);
const isTextMap = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every(isText);

/** ExtenderFilterResult: names of the nodes that are left, in either form, and why others are not. */
export function readFilterResult(answer: unknown) {
  const result = fields(answer, "ExtenderFilterResult");
  const nodes = field(result, "Nodes", isObject);
  const items = nodes && (field(fields(nodes, "NodeList"), "items", isList) ?? []);
  const nameOf = (node: unknown) =>
    field(fields(field(fields(node, "Node"), "metadata", isObject) ?? {}, "ObjectMeta"), "name", isText) ?? "";
  return {
    nodes: items?.map(nameOf),
    nodeNames: field(result, "NodeNames", isTexts),
    failed: new Map(Object.entries(field(result, "FailedNodes", isTextMap) ?? {})),
    unresolvable: new Map(Object.entries(field(result, "FailedAndUnresolvableNodes", isTextMap) ?? {})),
    error: field(result, "Error", isText),
  };
}

/** HostPriorityList: 0 to 10 by node. */
export function readPriorities(answer: unknown): { host: string; score: number }[] {
  if (!isList(answer))
    throw new Error(`json: cannot unmarshal ${typeName(answer)} into Go value of type v1.HostPriorityList`);
  return answer.map((one) => {
    const priority = fields(one, "HostPriority");
    return { host: field(priority, "Host", isText) ?? "", score: field(priority, "Score", isNumber) ?? 0 };
  });
}

/** ExtenderPreemptionResult: uids of the victims by node. */
export function readPreemptionResult(answer: unknown) {
  const byNode = field(fields(answer, "ExtenderPreemptionResult"), "NodeNameToMetaVictims", isObject) ?? {};
  return Object.entries(byNode).map(([node, value]) => {
    const victims = fields(value, "MetaVictims");
    const uids = (field(victims, "Pods", isList) ?? []).map(
      (pod) => field(fields(pod, "MetaPod"), "UID", isText) ?? "",
    );
    return { node, uids, budgetViolations: field(victims, "NumPDBViolations", isNumber) ?? 0 };
  });
}

/** ExtenderBindingResult. @returns what went wrong */
export const readBindingResult = (answer: unknown): string | undefined =>
  field(fields(answer, "ExtenderBindingResult"), "Error", isText);
