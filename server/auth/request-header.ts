import type { IncomingHttpHeaders } from "node:http";
import type { Certificate } from "../../pki/certificate.ts";
import { headerText, unescapeKey } from "../meta/header-text.ts";
import type { Candidate } from "./authenticator.ts";
import { ClientCertificateVerifier } from "./client-certificate.ts";

/** `--requestheader-*`: which proxies may say who a request is from, and in which headers. */
export interface RequestHeaderOptions {
  readonly authorities: readonly Certificate[];
  /** Common names of proxies; empty = any certificate of the authorities. */
  readonly allowedNames: readonly string[];
  readonly userNameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
}

/** The headers that upstream's aggregator uses, as kubeadm sets the flags: UIDs are believed where a flag says so. */
export const standardRequestHeaders = {
  userNameHeaders: ["X-Remote-User"],
  uidHeaders: [],
  groupHeaders: ["X-Remote-Group"],
  extraHeaderPrefixes: ["X-Remote-Extra-"],
} as const;

/** A front proxy that proves itself by certificate passes its user on. (apiserver/…/request/headerrequest) */
export function requestHeaderAuthenticator(options: RequestHeaderOptions, now: () => Date): Candidate {
  const verifier = new ClientCertificateVerifier(options.authorities);
  return {
    name: "request-header",
    authenticate({ headers: joined, rawHeaders, clientCertificate, intermediates = [] }) {
      if (!clientCertificate) return undefined;
      // Nearly every client shows a certificate that is no proxy's: a throw for each request costs more than all else here.
      const certificate = verifier.check(clientCertificate, intermediates, now());
      if (certificate instanceof Error) return certificate;
      const { subject } = certificate;
      if (options.allowedNames.length && !options.allowedNames.includes(subject.commonName)) {
        throw new Error(`x509: subject with cn=${subject.commonName} is not in the allowed list`);
      }
      const headers = rawHeaders ? valuesByName(rawHeaders) : joined;
      const name = firstValue(headers, options.userNameHeaders);
      if (!name) return undefined;
      const uid = firstValue(headers, options.uidHeaders);
      const groups = options.groupHeaders.flatMap((header) => valuesOf(headers, header)).filter(Boolean);
      return { user: { name, ...(uid && { uid }), groups, extra: extraOf(headers, options.extraHeaderPrefixes) } };
    },
  };
}

const firstValue = (headers: IncomingHttpHeaders, names: readonly string[]): string =>
  names.map((name) => valuesOf(headers, name)[0] ?? "").find(Boolean) ?? "";

function valuesByName(raw: readonly string[]): IncomingHttpHeaders {
  const headers: Record<string, string[]> = {};
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    headers[name] = [...(headers[name] ?? []), headerText(raw[i + 1]!)];
  }
  // Headers that are never repeated are lists here too; this file reads both forms.
  return headers as IncomingHttpHeaders;
}

function valuesOf(headers: IncomingHttpHeaders, name: string): readonly string[] {
  const value = headers[name.toLowerCase()];
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function extraOf(headers: IncomingHttpHeaders, prefixes: readonly string[]): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const prefix of prefixes.map((text) => text.toLowerCase())) {
    for (const name of Object.keys(headers)) {
      if (!name.startsWith(prefix)) continue;
      const key = unescapeKey(name.slice(prefix.length));
      extra[key] = [...(extra[key] ?? []), ...valuesOf(headers, name)];
    }
  }
  return extra;
}
