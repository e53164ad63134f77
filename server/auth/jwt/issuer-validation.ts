import { certificatesFromPem } from "../../../pki/certificate.ts";
import { type FieldError, fieldDuplicate, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { goList } from "../../meta/go-quote.ts";
import type { Issuer } from "./configuration.ts";

/** (apiserver/pkg/apis/apiserver/validation validateIssuer) */
export function validateIssuer(issuer: Issuer, disallowed: readonly string[], field: string): FieldError[] {
  const { url, discoveryURL, certificateAuthority, egressSelectorType } = issuer;
  const errors = url ? validateUrl(url, disallowed, `${field}.url`) : [fieldRequired(`${field}.url`, "")];
  if (discoveryURL) {
    const at = `${field}.discoveryURL`;
    if (url && withoutSlashes(url) === withoutSlashes(discoveryURL)) {
      errors.push(fieldInvalid(at, discoveryURL, "discoveryURL must be different from URL"));
    }
    errors.push(...validateUrl(discoveryURL, [], at));
  }
  errors.push(...validateAudiences(issuer, field));
  const problem = certificateAuthority ? authorityProblem(certificateAuthority) : undefined;
  if (problem) errors.push(fieldInvalid(`${field}.certificateAuthority`, "<omitted>", problem));
  if (egressSelectorType && egressSelectorType !== "controlplane" && egressSelectorType !== "cluster") {
    const detail = "egress selector must be either controlplane or cluster";
    errors.push(fieldInvalid(`${field}.egressSelectorType`, egressSelectorType, detail));
  }
  return errors;
}

const withoutSlashes = (url: string) => url.replace(/\/+$/, "");

function validateUrl(text: string, disallowed: readonly string[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  const wrong = (detail: string) => errors.push(fieldInvalid(field, text, detail));
  if (disallowed.includes(text)) {
    wrong(`URL must not overlap with disallowed issuers: ${goList([...disallowed].sort())}`);
  }
  if (/\p{Cc}/u.test(text)) wrong(`parse ${JSON.stringify(text)}: net/url: invalid control character in URL`);
  // Not WHATWG's parser: Go's takes what has no host, and keeps what stands there.
  const [, scheme = "", authority = "", query = "", fragment = ""] =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s.exec(text) ?? [];
  if (scheme.toLowerCase() !== "https") wrong("URL scheme must be https");
  if (authority.includes("@")) wrong("URL must not contain a username or password");
  if (query) wrong("URL must not contain a query");
  if (fragment) wrong("URL must not contain a fragment");
  return errors;
}

function validateAudiences({ audiences, audienceMatchPolicy: policy }: Issuer, field: string): FieldError[] {
  const at = `${field}.audiences`;
  if (audiences.length === 0) return [fieldRequired(at, `at least one ${at} is required`)];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, audience] of audiences.entries()) {
    if (!audience) errors.push(fieldRequired(`${at}[${i}]`, ""));
    if (seen.has(audience)) errors.push(fieldDuplicate(`${at}[${i}]`, audience));
    seen.add(audience);
  }
  const wrongPolicy = (detail: string) => errors.push(fieldInvalid(`${field}.audienceMatchPolicy`, policy, detail));
  if (audiences.length > 1 && policy !== "MatchAny")
    wrongPolicy("audienceMatchPolicy must be MatchAny for multiple audiences");
  if (audiences.length === 1 && policy && policy !== "MatchAny") {
    wrongPolicy("audienceMatchPolicy must be empty or MatchAny for single audience");
  }
  return errors;
}

/** (client-go/util/cert ParseCertsPEM) */
function authorityProblem(text: string): string | undefined {
  try {
    if (certificatesFromPem(text).length > 0) return undefined;
  } catch (error) {
    if (text.includes("-----BEGIN CERTIFICATE-----")) return error instanceof Error ? error.message : String(error);
  }
  return "data does not contain any valid RSA or ECDSA certificates";
}
