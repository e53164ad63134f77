import type {
  Container,
  EphemeralContainer,
  Namespace,
  Pod,
  PodTemplateSpec,
} from "../../../../openapi/api/core.v1.ts";
import { semanticEqual } from "../../../meta/equality.ts";
import { forbidden, internalError, invalid } from "../../../meta/errors.ts";
import { aggregateMessage } from "../../../meta/field-error.ts";
import { goQuote } from "../../../meta/go-quote.ts";
import type { KubeObject } from "../../../meta/object.ts";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../../plugin.ts";
import { evaluate, printDetails } from "./evaluate.ts";
import { warnOfExisting } from "./existing-pods.ts";
import type { Evaluation, PodSecurityObserver } from "./observer.ts";
import { compareLevels, isFullyPrivileged, policyOf, printLevel, sameLevel } from "./policy.ts";

const NAMESPACES = { group: "", resource: "namespaces" };
const PODS = { group: "", resource: "pods" };
const PREFIX = "pod-security.kubernetes.io/";
const IGNORED_SUBRESOURCES = ["exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status"];

/** Pod Security Standards, asked for by a namespace's labels. (k8s.io/pod-security-admission) */
export function podSecurity(observer?: PodSecurityObserver): AdmissionPlugin {
  return {
    name: "PodSecurity",
    resources: [
      "pods",
      "namespaces",
      "replicationcontrollers",
      "podtemplates",
      "replicasets.apps",
      "deployments.apps",
      "statefulsets.apps",
      "daemonsets.apps",
      "jobs.batch",
      "cronjobs.batch",
    ],
    operations: ["CREATE", "UPDATE"],
    validate(attributes, { reader }) {
      const { resource, subresource } = attributes;
      const judgement = { attributes, observer };
      if (resource === "pods") {
        if (!IGNORED_SUBRESOURCES.includes(subresource)) validatePod(judgement, reader);
      } else if (!subresource) {
        if (resource === "namespaces") validateNamespace(attributes, reader);
        else warnOfTemplate(judgement, reader);
      }
    },
  };
}

/** A request, and who is told what comes of it. */
interface Judgement {
  readonly attributes: AdmissionAttributes;
  readonly observer: PodSecurityObserver | undefined;
}

/** Labels must be good unless they were bad before; a stricter level warns of the Pods that are there. */
function validateNamespace(attributes: AdmissionAttributes, reader: ObjectReader): void {
  const { object, oldObject, operation, kind, name } = attributes;
  const { policy, errors } = policyOf(object?.metadata.labels);
  if (operation === "CREATE" || !oldObject) {
    if (errors.length > 0) throw invalid(kind, name, errors);
    return;
  }
  const { policy: old, errors: oldErrors } = policyOf(oldObject.metadata.labels);
  const texts = errors.map((error) => error.message());
  const isNew = !semanticEqual(
    texts,
    oldErrors.map((error) => error.message()),
  );
  if (errors.length > 0 && isNew) throw invalid(kind, name, errors);
  const { enforce } = policy;
  if (sameLevel(enforce, old.enforce) || enforce.level === "privileged") return;
  if (enforce.minor === old.enforce.minor && compareLevels(enforce.level, old.enforce.level) < 1) return;
  for (const warning of warnOfExisting(name, reader.list<Pod>(PODS, name), enforce)) attributes.warn(warning);
}

function validatePod(judgement: Judgement, reader: ObjectReader): void {
  const { attributes, observer } = judgement;
  const { namespace, operation } = attributes;
  const found = reader.get<Namespace>(NAMESPACES, "", namespace);
  if (!found) {
    observer?.failed(true, attributes);
    throw internalError(`failed to lookup namespace ${goQuote(namespace)}`);
  }
  const { policy, errors } = policyOf(found.metadata.labels);
  if (errors.length === 0 && isFullyPrivileged(policy)) {
    attributes.annotate(`${PREFIX}enforce-policy`, "privileged:latest");
    observer?.evaluated({ decision: "allow", policy: policy.enforce, mode: "enforce" }, attributes);
    return;
  }
  // The casts: the plugin sees Pods here, the resource says so.
  const [pod, old] = [attributes.object as Pod | undefined, attributes.oldObject as Pod | undefined];
  if (!pod || (operation === "UPDATE" && old && !isSignificant(pod, old))) return;
  judge(judgement, { metadata: pod.metadata, spec: pod.spec }, found, true);
}

/** Pods of a controller are refused one by one: it is told before. */
function warnOfTemplate(judgement: Judgement, reader: ObjectReader): void {
  const { attributes, observer } = judgement;
  const { namespace, object } = attributes;
  const found = reader.get<Namespace>(NAMESPACES, "", namespace);
  if (!found) {
    const text = `failed to lookup namespace ${goQuote(namespace)}: namespaces ${goQuote(namespace)} not found`;
    attributes.annotate(`${PREFIX}error`, text);
    observer?.failed(true, attributes);
    return;
  }
  const { policy, errors } = policyOf(found.metadata.labels);
  if (errors.length === 0 && policy.warn.level === "privileged" && policy.audit.level === "privileged") return;
  const template = object && templateOf(object);
  if (template?.spec) judge(judgement, { metadata: template.metadata ?? {}, spec: template.spec }, found, false);
}

function judge(
  { attributes, observer }: Judgement,
  pod: Pick<Pod, "metadata" | "spec">,
  namespace: Readonly<Namespace>,
  enforces: boolean,
): void {
  const { group, resource, name } = attributes;
  const { policy, errors } = policyOf(namespace.metadata.labels);
  const tell = (mode: Evaluation["mode"], decision: Evaluation["decision"]) =>
    observer?.evaluated({ decision, policy: policy[mode], mode }, attributes);
  if (errors.length > 0) {
    attributes.annotate(`${PREFIX}error`, `Failed to parse policy: ${aggregateMessage(errors)}`);
    observer?.failed(false, attributes);
  }
  const audited = evaluate(policy.audit, pod.metadata, pod.spec);
  if (audited.length > 0) {
    const text = `would violate PodSecurity ${goQuote(printLevel(policy.audit))}: ${printDetails(audited)}`;
    attributes.annotate(`${PREFIX}audit-violations`, text);
    tell("audit", "deny");
  }
  if (enforces) {
    attributes.annotate(`${PREFIX}enforce-policy`, printLevel(policy.enforce));
    const violations = evaluate(policy.enforce, pod.metadata, pod.spec);
    tell("enforce", violations.length > 0 ? "deny" : "allow");
    if (violations.length > 0) {
      const text = `violates PodSecurity ${goQuote(printLevel(policy.enforce))}: ${printDetails(violations)}`;
      throw forbidden({ group, resource }, name, text);
    }
  }
  const warned = evaluate(policy.warn, pod.metadata, pod.spec);
  if (warned.length === 0) return;
  tell("warn", "deny");
  attributes.warn(`would violate PodSecurity ${goQuote(printLevel(policy.warn))}: ${printDetails(warned)}`);
}

/** The Pods that a controller makes. */
function templateOf(object: KubeObject): PodTemplateSpec | undefined {
  // The cast: one of the kinds listed above, of which each has one of these.
  const { template, spec } = object as KubeObject & {
    template?: PodTemplateSpec;
    spec?: { template?: PodTemplateSpec; jobTemplate?: { spec?: { template?: PodTemplateSpec } } };
  };
  return template ?? spec?.template ?? spec?.jobTemplate?.spec?.template;
}

/** Old Pods may be updated as they are: only what runs counts. (isSignificantPodUpdate) */
function isSignificant(pod: Pod, old: Pod): boolean {
  const isNewImage = (list: readonly Container[] = [], before: readonly Container[] = []) =>
    list.length !== before.length || list.some(({ image }, index) => image !== before[index]?.image);
  if (isNewImage(pod.spec.containers, old.spec.containers)) return true;
  if (isNewImage(pod.spec.initContainers, old.spec.initContainers)) return true;
  const known = new Map((old.spec.ephemeralContainers ?? []).map((container) => [container.name, container]));
  return (pod.spec.ephemeralContainers ?? []).some(
    ({ name, image }: EphemeralContainer) => known.get(name)?.image !== image || !known.has(name),
  );
}
