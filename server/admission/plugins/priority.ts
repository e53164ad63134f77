import type { Pod } from "../../../openapi/api/core.v1.ts";
import type { PriorityClass } from "../../../openapi/api/scheduling.k8s.io.v1.ts";
import { forbidden } from "../forbidden.ts";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../plugin.ts";

const CLASSES = { group: "scheduling.k8s.io", resource: "priorityclasses" };

/** Turns the name of a priority class into numbers; only one class is the default. (plugin/pkg/admission/priority) */
export const priority: AdmissionPlugin<Pod & PriorityClass> = {
  name: "Priority",
  resources: ["pods", "priorityclasses.scheduling.k8s.io"],
  operations: ["CREATE", "UPDATE", "DELETE"],
  admit(attributes, { reader }) {
    const { object: pod, oldObject, operation, resource, subresource } = attributes;
    if (resource !== "pods" || subresource || !pod) return;
    if (operation === "CREATE") resolve(attributes, pod, reader);
    else if (oldObject) {
      // Clients that leave them out do not mean to change them: they cannot be changed.
      if (oldObject.spec.priority !== undefined) pod.spec.priority ??= oldObject.spec.priority;
      if (oldObject.spec.preemptionPolicy) pod.spec.preemptionPolicy ??= oldObject.spec.preemptionPolicy;
    }
  },
  validate(attributes, { reader }) {
    const { object, operation, resource, subresource } = attributes;
    if (resource !== "priorityclasses" || subresource || !object?.globalDefault) return;
    const current = defaultClass(reader);
    if (!current || (operation === "UPDATE" && current.metadata.name === object.metadata.name)) return;
    const text = `PriorityClass ${current.metadata.name} is already marked as default. Only one default can exist`;
    throw forbidden(attributes, text);
  },
};

function resolve(attributes: AdmissionAttributes, { spec }: Pod, reader: ObjectReader): void {
  const { name, value, preemptionPolicy } = spec.priorityClassName
    ? classOf(attributes, spec.priorityClassName, reader)
    : defaultPriority(reader);
  const computed = "from the given PriorityClass name";
  if (name) spec.priorityClassName = name;
  if (spec.priority !== undefined && spec.priority !== value) {
    const text = `the integer value of priority (${spec.priority}) must not be provided in pod spec`;
    throw forbidden(attributes, `${text}; priority admission controller computed ${value} ${computed}`);
  }
  spec.priority = value;
  if (!preemptionPolicy) return;
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy) {
    const text = `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec`;
    throw forbidden(attributes, `${text}; priority admission controller computed ${preemptionPolicy} ${computed}`);
  }
  spec.preemptionPolicy = preemptionPolicy;
}

function classOf(attributes: AdmissionAttributes, name: string, reader: ObjectReader) {
  const found = reader.get<PriorityClass>(CLASSES, "", name);
  if (!found) throw forbidden(attributes, `no PriorityClass with name ${name} was found`);
  return { name, value: found.value ?? 0, preemptionPolicy: found.preemptionPolicy };
}

function defaultPriority(reader: ObjectReader) {
  const found = defaultClass(reader);
  if (!found) return { name: "", value: 0, preemptionPolicy: "PreemptLowerPriority" };
  return { name: found.metadata.name, value: found.value ?? 0, preemptionPolicy: found.preemptionPolicy };
}

/** The lowest, should a race have left several. */
function defaultClass(reader: ObjectReader): Readonly<PriorityClass> | undefined {
  let lowest: Readonly<PriorityClass> | undefined;
  for (const candidate of reader.list<PriorityClass>(CLASSES, "")) {
    if (candidate.globalDefault && (!lowest || lowest.value > candidate.value)) lowest = candidate;
  }
  return lowest;
}
