import type { PodSpec } from "../../../../openapi/api/core.v1.ts";
import { type FieldError, fieldInvalid } from "../../../meta/field-error.ts";
import { containersOf } from "./container-paths.ts";

const MAX_DOMAIN = 256;
const MAX_USER = 104;
const NET_BIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DNS_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
const DNS_DOMAIN = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`);
const FORBIDDEN_IN_USER = /["/\\:;|=,+*?<>@[\]]/;

/** `DOMAIN\user` or `user`. (validateWindowsSecurityContextOptions of pkg/apis/core/validation) */
export function validateRunAsUserName(name: string | undefined, field: string): FieldError[] {
  if (name === undefined) return [];
  const error = (text: string) => fieldInvalid(field, name, `runAsUserName${text}`);
  if (name === "") return [error(" cannot be an empty string")];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name)) return [error(" cannot contain control characters")];
  const parts = name.split("\\");
  if (parts.length > 2) return [error(" cannot contain more than one backslash")];
  const user = parts.at(-1) ?? "";
  const domain = parts.length === 2 ? (parts[0] ?? "") : undefined;
  const errors: FieldError[] = [];
  if ((domain ?? "").length >= MAX_DOMAIN) {
    errors.push(error(`'s Domain length must be under ${MAX_DOMAIN} characters`));
  }
  if (domain !== undefined && !NET_BIOS.test(domain) && !DNS_DOMAIN.test(domain)) {
    errors.push(error("'s Domain doesn't match the NetBios nor the DNS format"));
  }
  if (user === "") errors.push(error("'s User cannot be empty"));
  else if (user.length > MAX_USER) errors.push(error(`'s User length must not be longer than ${MAX_USER} characters`));
  if (/^[. ]+$/.test(user)) errors.push(error("'s User cannot contain only periods or spaces"));
  if (FORBIDDEN_IN_USER.test(user)) {
    errors.push(error(`'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]`));
  }
  return errors;
}

/** All containers are host processes, or none is. (validateWindowsHostProcessPod) */
export function validateHostProcess(spec: PodSpec, field: string): FieldError[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const containers = containersOf(spec, field);
  const errors: FieldError[] = [];
  let count = 0;
  for (const { container, path } of containers) {
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const detail = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      errors.push(fieldInvalid(`${path}.securityContext.windowsOptions.hostProcess`, own, detail));
    }
    if (own ?? ofPod) count++;
  }
  if (count === 0) return errors;
  if (count !== containers.length) {
    const detail = "If pod contains any hostProcess containers then all containers must be HostProcess containers";
    errors.push(fieldInvalid(field, "", detail));
  }
  if (!spec.hostNetwork) {
    const detail = "hostNetwork must be true if pod contains any hostProcess containers";
    errors.push(fieldInvalid(`${field}.hostNetwork`, false, detail));
  }
  return errors;
}
