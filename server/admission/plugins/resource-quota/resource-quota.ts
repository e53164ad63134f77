import type { ResourceQuota } from "../../../../openapi/api/core.v1.ts";
import { conflict, StatusError } from "../../../meta/errors.ts";
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from "../../plugin.ts";
import { equalAmounts, resourceListOf } from "../../resource-list.ts";
import { type Account, accountOf, checkRequest } from "./check.ts";
import type { Evaluator } from "./evaluator.ts";
import { evaluatorOf } from "./evaluators.ts";

const QUOTAS = { group: "", resource: "resourcequotas" };
const RETRIES = 3;

/** A request that waits for its turn in its namespace. */
interface Waiter {
  readonly attributes: AdmissionAttributes;
  readonly evaluator: Evaluator;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Holds what is created against the quotas of its namespace and notes the new usage in their status before it is
 * created. Requests of a namespace are decided one after another, and those that come while a status is being written
 * share the next write. (apiserver/pkg/admission/plugin/resourcequota)
 */
export function resourceQuota(): AdmissionPlugin {
  const queues = new Map<string, Waiter[]>();
  return {
    name: "ResourceQuota",
    operations: ["CREATE", "UPDATE"],
    validate(attributes, context) {
      const { namespace, group, resource, kind, operation } = attributes;
      if (!namespace || (operation === "CREATE" && kind.kind === "Namespace" && kind.group === "")) return;
      const evaluator = evaluatorOf(group, resource);
      if (!evaluator?.handles(attributes)) return;
      const queue = queues.get(namespace);
      if (!queue && context.reader.list(QUOTAS, namespace).length === 0) return;
      return new Promise<void>((resolve, reject) => {
        const waiter: Waiter = { attributes, evaluator, resolve, reject };
        if (queue) {
          queue.push(waiter);
          return;
        }
        const started = [waiter];
        queues.set(namespace, started);
        void work(namespace, started, context, () => queues.delete(namespace));
      });
    },
  };
}

/** Decides until nobody waits any more, and says so in the same turn: nobody can queue up in between. Never rejects. */
async function work(namespace: string, queue: Waiter[], context: AdmissionContext, done: () => void): Promise<void> {
  while (queue.length > 0) {
    const waiters = queue.splice(0);
    try {
      await decide(namespace, waiters, context);
    } catch (error) {
      for (const { reject } of waiters) reject(error);
    }
  }
  done();
}

/** Settles all waiters; those that a quota refuses do not count against the ones after them. */
async function decide(namespace: string, all: readonly Waiter[], context: AdmissionContext): Promise<void> {
  let waiters = all;
  let names: readonly string[] | undefined;
  for (let retries = RETRIES; ; retries--) {
    const quotas = context.reader.list<ResourceQuota>(QUOTAS, namespace);
    const before = quotas.filter(({ metadata }) => names?.includes(metadata.name ?? "") ?? true).map(accountOf);
    const { after, waiting } = checkAll(before, waiters, context);
    const failed = await writeChanges(before, after, context);
    if (failed.length === 0) {
      for (const { resolve } of waiting) resolve();
      return;
    }
    if (retries === 0) {
      for (const { reject } of waiting) reject(failed[0]?.error);
      return;
    }
    // The ones that were written hold: only the others are looked at again.
    names = failed.map(({ name }) => name);
    waiters = waiting;
  }
}

function checkAll(before: readonly Account[], waiters: readonly Waiter[], { now }: AdmissionContext) {
  let after = before;
  const waiting: Waiter[] = [];
  for (const waiter of waiters) {
    const { attributes, evaluator } = waiter;
    try {
      const next = checkRequest(after, attributes, evaluator, now());
      const changes = next.some(({ used }, index) => !equalAmounts(used, after[index]!.used));
      if (attributes.dryRun || !changes) {
        waiter.resolve();
        continue;
      }
      after = next;
      waiting.push(waiter);
    } catch (error) {
      waiter.reject(error);
    }
  }
  return { after, waiting };
}

async function writeChanges(before: readonly Account[], after: readonly Account[], context: AdmissionContext) {
  const failed: { readonly name: string; readonly error: StatusError }[] = [];
  for (const [index, { quota, used }] of after.entries()) {
    if (equalAmounts(used, before[index]!.used)) continue;
    try {
      await writeUsage(quota, resourceListOf(used), context);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      failed.push({ name: quota.metadata.name ?? "", error });
    }
  }
  return failed;
}

/** @throws StatusError 409 when somebody else has written the quota meanwhile, 404 when it is gone */
async function writeUsage(
  { metadata }: Readonly<ResourceQuota>,
  used: Record<string, string>,
  { writer }: AdmissionContext,
): Promise<void> {
  const { namespace = "", name = "", resourceVersion } = metadata;
  const change = (current: ResourceQuota) => {
    if (current.metadata.resourceVersion !== resourceVersion) {
      throw conflict(
        QUOTAS,
        name,
        "the object has been modified; please apply your changes to the latest version and try again",
      );
    }
    current.status = { ...current.status, used };
    return current;
  };
  await writer.update<ResourceQuota>(QUOTAS, namespace, name, change, "status");
}
