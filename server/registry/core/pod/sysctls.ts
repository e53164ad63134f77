import type { PodSpec } from "../../../../openapi/api/core.v1.ts";
import { type FieldError, fieldDuplicate, fieldInvalid, fieldRequired } from "../../../meta/field-error.ts";
import type { ValidationOptions } from "./validation-options.ts";

const MAX_LENGTH = 253;
const SEGMENT = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const PATTERN = `^(${SEGMENT}[\\./])*${SEGMENT}$`;
const NAME = new RegExp(PATTERN);
const IPC = ["kernel.sem"];
const IPC_PREFIXES = ["kernel.shm", "kernel.msg", "fs.mqueue."];

/** Which namespace of the node a sysctl would change, when the Pod shares it. (ValidateHostSysctl) */
export function hostNamespaceOf(
  name: string,
  spec: Pick<PodSpec, "hostNetwork" | "hostIPC">,
): "hostNetwork" | "hostIPC" | undefined {
  const dotted = withDots(name);
  if (spec.hostNetwork && dotted.startsWith("net.")) return "hostNetwork";
  const isIpc = IPC.includes(dotted) || IPC_PREFIXES.some((prefix) => dotted.startsWith(prefix));
  return spec.hostIPC && isIpc ? "hostIPC" : undefined;
}

/** Names may be written with slashes; then dots stand for slashes. (component-helpers/node/util/sysctl) */
function withDots(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  if (first !== "/") return name;
  return name.replace(/[./]/g, (c) => (c === "/" ? "." : "/"));
}

/** (validateSysctls of pkg/apis/core/validation) */
export function validateSysctls(spec: PodSpec, field: string, options: ValidationOptions): FieldError[] {
  const seen = new Set<string>();
  return (spec.securityContext?.sysctls ?? []).flatMap(({ name = "" }, i) => {
    const at = `${field}[${i}].name`;
    const errors: FieldError[] = [];
    if (!name) errors.push(fieldRequired(at, ""));
    else if (name.length > MAX_LENGTH || !NAME.test(name)) {
      const detail = `must have at most ${MAX_LENGTH} characters and match regex ${PATTERN}`;
      errors.push(fieldInvalid(at, name, detail));
    } else if (seen.has(name)) errors.push(fieldDuplicate(at, name));
    const shared = options.allowHostSysctls ? undefined : hostNamespaceOf(name, spec);
    if (shared) errors.push(fieldInvalid(at, name, `may not be specified when '${shared}' is true`));
    seen.add(name);
    return errors;
  });
}
