import { BOOL, BYTES, type CelType, DOUBLE, DURATION, DYN, INT, NULL, STRING, TIMESTAMP, UINT } from "./types.ts";
import { typeName, type Value } from "./values.ts";

/** Whether two types are one. */
export function sameType(a: CelType, b: CelType): boolean {
  return (
    a.kind === b.kind && a.name === b.name && a.params.every((param, index) => sameType(param, b.params[index] ?? DYN))
  );
}

/** Of two assignable types the wider: dyn, or the one that null was assigned to. */
export function moreGeneral(a: CelType, b: CelType): CelType {
  if (a.kind === "dyn" || b.kind === "dyn") return DYN;
  if (a.kind === "null") return b;
  if (a.kind === "param") return b;
  if (a.params.length > 0 && a.params.length === b.params.length && a.kind === b.kind)
    return { ...a, params: a.params.map((param, index) => moreGeneral(param, b.params[index] ?? DYN)) };
  return a;
}

/** Of what is written out. */
export function constantType(value: Value): CelType {
  const types = [BOOL, BYTES, DOUBLE, INT, NULL, STRING, UINT, TIMESTAMP, DURATION];
  return types.find(({ name }) => name === typeName(value)) ?? DYN;
}
