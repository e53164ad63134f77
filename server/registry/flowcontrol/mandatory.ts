import { readFacts } from "../../../openapi/types.ts";
import type { UnstructuredObject } from "../../meta/object.ts";

const GROUP = "/apis/flowcontrol.apiserver.k8s.io/v1";
/** What the server cannot do without. (apiserver/pkg/apis/flowcontrol/bootstrap Mandatory…) */
const MANDATORY = ["exempt", "catch-all"];

let facts: Readonly<Record<string, readonly UnstructuredObject[]>> | undefined;

/** The fixed spec of a mandatory object, which nobody may change. */
export function mandatorySpec(resource: "flowschemas" | "prioritylevelconfigurations", name: string): unknown {
  if (!MANDATORY.includes(name)) return undefined;
  facts ??= readFacts("bootstrap") as NonNullable<typeof facts>; // our own file
  return facts[`${GROUP}/${resource}`]?.find(({ metadata }) => metadata.name === name)?.spec;
}
