import { goQuote } from "../../meta/go-quote.ts";

const ANNOTATION = "api-approved.kubernetes.io";
const SEE = "see https://github.com/kubernetes/enhancements/pull/1111";

export type ApprovalState = "invalid" | "approved" | "bypassed" | "missing";

/** Groups that belong to the Kubernetes project. (apiextensions-apiserver/pkg/apihelpers) */
export function isProtectedGroup(group: string): boolean {
  return /(?:^|\.)(?:k8s|kubernetes)\.io$/.test(group);
}

/** Whether a definition in a protected group has been approved. */
export function approvalState(annotations: Readonly<Record<string, string>> | undefined): {
  state: ApprovalState;
  reason: string;
} {
  const value = annotations?.[ANNOTATION] ?? "";
  const must = `protected groups must have approval annotation ${goQuote(ANNOTATION)}`;
  if (!value) return { state: "missing", reason: `${must}, ${SEE}` };
  if (value.startsWith("unapproved")) return { state: "bypassed", reason: `not approved: ${goQuote(value)}` };
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/?#]/i.test(value)) return { state: "approved", reason: `approved in ${value}` };
  return { state: "invalid", reason: `${must} with either a URL or a reason starting with "unapproved", ${SEE}` };
}
