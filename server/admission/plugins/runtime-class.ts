import type { Pod } from "../../../openapi/api/core.v1.ts";
import type { RuntimeClass } from "../../../openapi/api/node.k8s.io.v1.ts";
import { isGiven } from "../../../openapi/given-empty.ts";
import { StatusError } from "../../meta/errors.ts";
import { goQuote } from "../../meta/go-quote.ts";
import { getMember } from "../../meta/members.ts";
import { validatePathSegmentName } from "../../meta/names.ts";
import { forbidden } from "../forbidden.ts";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../plugin.ts";
import { amountsOf, equalAmounts } from "../resource-list.ts";
import { mergeTolerations } from "./tolerations.ts";

const CLASSES = { group: "node.k8s.io", resource: "runtimeclasses" };

/** Pods get overhead, node selector and tolerations of their runtime class. (plugin/pkg/admission/runtimeclass) */
export const runtimeClass: AdmissionPlugin<Pod> = {
  name: "RuntimeClass",
  resources: ["pods"],
  operations: ["CREATE"],
  admit(attributes, { reader }) {
    const { object: pod, subresource } = attributes;
    if (subresource || !pod) return;
    const found = classOf(attributes, pod, reader);
    if (found?.overhead) {
      const fixed = found.overhead.podFixed ?? {};
      if (Object.keys(pod.spec.overhead ?? {}).length > 0) checkOverhead(attributes, pod, found);
      pod.spec.overhead = { ...fixed };
    }
    if (found?.scheduling) schedule(attributes, pod, found.scheduling);
  },
  validate(attributes, { reader }) {
    const { object: pod, subresource } = attributes;
    if (subresource || !pod) return;
    const found = classOf(attributes, pod, reader);
    if (found?.overhead) checkOverhead(attributes, pod, found);
    else if (isGiven(pod.spec, "overhead")) {
      throw forbidden(attributes, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
    }
  },
};

function classOf(attributes: AdmissionAttributes, { spec }: Pod, reader: ObjectReader) {
  const name = spec.runtimeClassName;
  if (name === undefined) return undefined;
  // Upstream asks its own API, whose client refuses.
  if (name === "") throw new StatusError(500, "", "resource name may not be empty");
  const wrong = validatePathSegmentName(name).join(" ");
  if (wrong) throw new StatusError(500, "", `invalid resource name ${goQuote(name)}: [${wrong}]`);
  const found = reader.get<RuntimeClass>(CLASSES, "", name);
  if (!found) throw forbidden(attributes, `pod rejected: RuntimeClass ${goQuote(name)} not found`);
  return found;
}

function checkOverhead(attributes: AdmissionAttributes, { spec }: Pod, { overhead }: Readonly<RuntimeClass>): void {
  if (equalAmounts(amountsOf(overhead?.podFixed), amountsOf(spec.overhead))) return;
  throw forbidden(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
}

function schedule(
  attributes: AdmissionAttributes,
  { spec }: Pod,
  { nodeSelector = {}, tolerations = [] }: NonNullable<RuntimeClass["scheduling"]>,
): void {
  for (const [key, value] of Object.entries(nodeSelector)) {
    const own = getMember(spec.nodeSelector ?? {}, key);
    if (own === undefined || own === value) continue;
    const texts = [`runtimeClass.scheduling.nodeSelector[${key}] = ${value}`, `pod.spec.nodeSelector[${key}] = ${own}`];
    throw forbidden(attributes, `conflict: ${texts.join("; ")}`);
  }
  if (Object.keys(nodeSelector).length > 0) spec.nodeSelector = { ...spec.nodeSelector, ...nodeSelector };
  const merged = mergeTolerations(spec.tolerations ?? [], tolerations);
  if (merged.length > 0) spec.tolerations = merged;
}
