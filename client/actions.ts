import { isConflict, isNotFound } from "./api-error.ts";
import type { Client } from "./client.ts";
import type { Action, BatchAction, Result, WriteAction } from "./controller.ts";
import { resourceList } from "./discovery.ts";
import type { EventRecorder } from "./event-recorder.ts";
import type { ApiObject } from "./resource.ts";

/** Where actions go, and who is told of what they wrote. */
export interface ActionEnvironment {
  client: Client;
  recorder: EventRecorder;
  wrote(resource: string, object: ApiObject): void;
  deleted(resource: string, object: ApiObject): void;
}

/** What a round of actions asks of the queue. */
export interface Outcome {
  requeueAfterMs: number | undefined;
}

/** As upstream's SlowStartInitialBatchSize. */
const FIRST_BATCH = 1;

/** Carries actions out in order. @throws the first error that no `after` took care of. */
export async function carryOut(actions: readonly Action[], env: ActionEnvironment): Promise<Outcome> {
  let requeueAfterMs: number | undefined;
  const later = (milliseconds: number | undefined) => {
    if (milliseconds !== undefined) requeueAfterMs = Math.min(requeueAfterMs ?? milliseconds, milliseconds);
  };
  for (const action of actions) {
    switch (action.do) {
      case "event":
        env.recorder.event(action.about, action.type, action.reason, action.message);
        break;
      case "requeue":
        later(action.afterMs);
        break;
      case "fail":
        throw action.error;
      case "batch": {
        const results = await runBatch(action, env);
        if (action.after) later((await carryOut(action.after(results), env)).requeueAfterMs);
        else for (const result of results) if (!result.ok) throw result.error;
        break;
      }
      default:
        await write(action, env);
    }
  }
  return { requeueAfterMs };
}

async function runBatch({ actions, slowStart }: BatchAction, env: ActionEnvironment): Promise<Result[]> {
  const results: Result[] = [];
  let size = slowStart ? FIRST_BATCH : actions.length;
  while (results.length < actions.length) {
    const batch = actions.slice(results.length, results.length + size);
    results.push(
      ...(await Promise.all(
        batch.map((action) =>
          write(action, env).then(
            (object): Result => ({ ok: true, object }),
            (error: unknown): Result => ({ ok: false, error }),
          ),
        ),
      )),
    );
    if (slowStart && results.some(({ ok }) => !ok)) break;
    size *= 2;
  }
  return results;
}

async function write(action: WriteAction, env: ActionEnvironment): Promise<ApiObject | undefined> {
  const { client } = env;
  const { resource, object } = action;
  const where = { name: object.metadata.name ?? "", namespace: object.metadata.namespace };
  if (action.do === "delete") {
    // The wish was made about this very object: another of the same name is left alone.
    const answer = await client
      .delete(resource, where, { uid: object.metadata.uid, ...action.options })
      .catch((error: unknown) => {
        if (!isNotFound(error) && !(isConflict(error) && !action.options?.resourceVersion)) throw error;
        return undefined; // already gone, or replaced by another: the wish is fulfilled
      });
    env.deleted(resource, object);
    return isObject(answer) ? answer : undefined;
  }
  if (action.do === "discover") return (await resourceList(client.transport, resource)) as unknown as ApiObject;
  const answer = await send();
  if (!isObject(answer)) return undefined;
  // A subresource such as `binding` answers a Status; `scale` or `eviction` another kind.
  if (answer.metadata.uid && answer.metadata.resourceVersion) env.wrote(resource, answer);
  return answer;

  function send(): Promise<unknown> {
    switch (action.do) {
      case "get":
        return client.get(resource, { ...where, ...(action.subresource && { subresource: action.subresource }) });
      case "list":
        return client.list(resource, { namespace: object.metadata.namespace });
      case "create":
        return client.create(resource, object);
      case "update":
        return client.update(resource, object);
      case "updateStatus":
        return client.updateStatus(resource, object);
      case "updateSubresource":
        return client.updateSubresource(resource, { ...where, subresource: action.subresource }, action.body);
      case "patch":
        return client.patch(resource, { ...where, subresource: action.subresource }, action.patch, {
          type: action.type,
          ...(action.fieldManager && { fieldManager: action.fieldManager, force: action.type === "apply" }),
        });
      case "post":
        return client.post(resource, { ...where, subresource: action.subresource }, action.body);
      default:
        throw new Error(`unknown action ${action.do}`);
    }
  }
}

function isObject(value: unknown): value is ApiObject {
  return typeof value === "object" && value !== null && "metadata" in value && (value as ApiObject).kind !== "Status";
}
