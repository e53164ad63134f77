import { readFileSync } from "node:fs";
import { type AuditLog, auditFile, auditLog } from "../auth/audit/audit-log.ts";
import { readAuditPolicy } from "../auth/audit/policy.ts";
import type { ServerSettings } from "./settings.ts";

/** `--audit-policy-file` and `--audit-log-path`: no log without both. @throws Error for a policy that cannot be */
export async function startAuditLog(
  { auditPolicyFile, auditLogPath }: ServerSettings,
  now: () => Date,
): Promise<AuditLog | undefined> {
  if (!auditPolicyFile || !auditLogPath) return undefined;
  const { parse } = await import("yaml");
  try {
    const policy = readAuditPolicy(parse(readFileSync(auditPolicyFile, "utf8")));
    return auditLog({ policy, sink: auditFile(auditLogPath), now });
  } catch (cause) {
    throw new Error(`loading audit policy file: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
