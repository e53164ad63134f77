import { type CelType, DYN } from "./types.ts";

/** What the open types stand for, as far as known. */
export type Substitution = Map<string, CelType>;

/** The type with what is known put in. Open ones stay, or become dyn. */
export function substitute(type: CelType, known: Substitution, openToDyn = false): CelType {
  if (type.kind === "param") {
    const found = known.get(type.name);
    if (found) return substitute(found, known, openToDyn);
    return openToDyn ? DYN : type;
  }
  if (type.params.length === 0) return type;
  return { ...type, params: type.params.map((param) => substitute(param, known, openToDyn)) };
}

const occurs = (name: string, type: CelType, known: Substitution): boolean => {
  const actual = substitute(type, known);
  return actual.kind === "param" ? actual.name === name : actual.params.some((param) => occurs(name, param, known));
};
const isDyn = ({ kind }: CelType) => kind === "dyn" || kind === "error";
/** Null may stand for a message, as in protobuf; so it may for objects of libraries. */
const NULLABLE = new Set(["object", "opaque", "optional", "timestamp", "duration", "null"]);

/** Whether all of `from` may be used as `to`; grows `known` when so. (cel-go/checker/types.go) */
export function assignable(known: Substitution, from: readonly CelType[], to: readonly CelType[]): boolean {
  if (from.length !== to.length) return false;
  const attempt = new Map(known);
  if (!from.every((type, index) => assign(attempt, type, to[index] ?? DYN))) return false;
  for (const [name, type] of attempt) known.set(name, type);
  return true;
}

function assign(known: Substitution, from: CelType, to: CelType): boolean {
  for (const [param, other] of [
    [to, from],
    [from, to],
  ] as const) {
    if (param.kind !== "param") continue;
    const current = known.get(param.name);
    if (current) {
      if (param === to ? !assign(known, from, current) : !assign(known, current, to)) return false;
      // dyn takes what it is given, and so the parameter becomes dyn, unless the other side is open too.
      if (isDyn(other) && !isDyn(current)) known.set(param.name, current.kind === "param" ? other : DYN);
      return true;
    }
    if (other.kind === "param" && other.name === param.name) return true;
    if (occurs(param.name, other, known)) return false;
    known.set(param.name, other);
    return true;
  }
  if (isDyn(from) || isDyn(to)) return true;
  if (from.kind === "null") return NULLABLE.has(to.kind);
  if (to.kind === "null") return NULLABLE.has(from.kind);
  if (from.kind !== to.kind) return false;
  if (from.kind === "type") return true;
  if (from.kind === "object" || from.kind === "opaque") return from.name === to.name;
  return from.params.every((param, index) => assign(known, param, to.params[index] ?? DYN));
}
