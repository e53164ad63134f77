import type { PriorityLevelConfigurationSpec } from "../../../openapi/api/flowcontrol.apiserver.k8s.io.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import type { KubeObject, UnstructuredObject } from "../../meta/object.ts";

/** Says whether the server keeps an object's spec as it knows it. */
const AUTO_UPDATE = "apf.kubernetes.io/autoupdate-spec";
const MANDATORY = ["exempt", "catch-all"];
const TRUE = ["1", "t", "T", "true", "TRUE", "True"];
const FALSE = ["0", "f", "F", "false", "FALSE", "False"];

/**
 * Brings a FlowSchema or a PriorityLevelConfiguration of upstream's up to date, unless its annotation, or a change of
 * its spec without one, says that somebody else has taken it over. (pkg/registry/flowcontrol/ensurer/strategy.go)
 *
 * @param current may be changed
 * @returns undefined when there is nothing to do
 */
export function reviseFlowControl(wanted: Readonly<KubeObject>, current: KubeObject): KubeObject | undefined {
  const { metadata } = current;
  const told = readBool(metadata.annotations?.[AUTO_UPDATE]);
  const isKept = MANDATORY.includes(metadata.name ?? "") || (told ?? metadata.generation === 1);
  const isChanged = isKept && !isSameSpec(specOf(wanted), specOf(current), metadata.name === "exempt");
  if (!isChanged && told === isKept) return undefined;
  if (told !== isKept) metadata.annotations = { ...metadata.annotations, [AUTO_UPDATE]: String(isKept) };
  if (!isChanged) return current;
  metadata.generation = (metadata.generation ?? 0) + 1;
  return { ...current, spec: specOf(wanted) } as KubeObject;
}

/** Whether the server once made an object that it no longer has. */
export function isLeftOver({ metadata: { name = "", annotations } }: Readonly<KubeObject>, known: readonly string[]) {
  return !known.includes(name) && readBool(annotations?.[AUTO_UPDATE]) === true;
}

/** What is let in without limits may be lent from as its administrators like. */
function isSameSpec(wanted: unknown, current: unknown, isExempt: boolean): boolean {
  const ignoring = (spec: unknown) => {
    const { exempt, ...rest } = spec as PriorityLevelConfigurationSpec; // an object; of a FlowSchema it has no such field
    return isExempt ? { ...rest, exempt: exempt !== undefined } : spec;
  };
  return semanticEqual(ignoring(wanted), ignoring(current));
}

function specOf(object: Readonly<KubeObject>): unknown {
  return (object as UnstructuredObject).spec; // both kinds have one
}

/** As Go's strconv.ParseBool. */
function readBool(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  return TRUE.includes(text) ? true : FALSE.includes(text) ? false : undefined;
}
