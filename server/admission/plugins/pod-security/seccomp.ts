import { goQuote } from "../../../meta/go-quote.ts";
import { named, namesOf, type PodParts, plural, quoteAll, setOf, setters, type Violation } from "./check.ts";

const OF_POD = "seccomp.security.alpha.kubernetes.io/pod";
const OF_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/";

/** Before 1.19 profiles stood in annotations. */
export function seccompAnnotations({ metadata, containers }: PodParts): Violation | undefined {
  const keys = [OF_POD, ...containers.map(({ name }) => OF_CONTAINER + name)];
  const bad = keys.flatMap((key) => {
    const value = metadata.annotations?.[key];
    return value === undefined || isAllowedAnnotation(value) ? [] : [`${key}=${goQuote(value)}`];
  });
  if (bad.length === 0) return undefined;
  const values = setOf(bad);
  return { reason: "seccompProfile", detail: `forbidden ${plural("annotation", values.length)} ${values.join(", ")}` };
}

function isAllowedAnnotation(value: string): boolean {
  return value === "runtime/default" || value === "docker/default" || value.startsWith("localhost/");
}

const isBad = (type: string | undefined): type is string =>
  type !== undefined && type !== "Localhost" && type !== "RuntimeDefault";

/** No other profile than the runtime's or one of the node's. */
export function seccompBaseline({ spec, containers }: PodParts): Violation | undefined {
  const ofPod = spec.securityContext?.seccompProfile?.type;
  const bad = containers.filter(({ securityContext }) => isBad(securityContext?.seccompProfile?.type));
  const who = setters(isBad(ofPod), namesOf(bad));
  if (!who) return undefined;
  const types = [ofPod, ...bad.map(({ securityContext }) => securityContext?.seccompProfile?.type)].filter(isBad);
  const detail = `${who} must not set securityContext.seccompProfile.type to ${quoteAll(setOf(types))}`;
  return { reason: "seccompProfile", detail };
}

/** And one there must be. */
export function seccompRestricted(pod: PodParts): Violation | undefined {
  const { spec, containers } = pod;
  const violation = seccompBaseline(pod);
  if (violation || spec.securityContext?.seccompProfile) return violation;
  const missing = containers.filter(({ securityContext }) => !securityContext?.seccompProfile);
  if (missing.length === 0) return undefined;
  const what = 'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';
  return { reason: "seccompProfile", detail: `pod or ${named("container", namesOf(missing))} must set ${what}` };
}
