import type { FlowSchema, FlowSchemaCondition } from "../../openapi/api/flowcontrol.apiserver.k8s.io.v1.ts";
import type { ObjectReader } from "../admission/plugin.ts";
import type { ObjectWatch } from "../auth/object-watch.ts";
import { rfc3339 } from "../meta/time.ts";
import { KeyQueue, type KeyQueueOptions } from "../registry/key-queue.ts";
import type { StatusWriter } from "../registry/writer.ts";

const GROUP = "flowcontrol.apiserver.k8s.io";
const SCHEMAS = { group: GROUP, resource: "flowschemas" };
const MANAGER = "api-priority-and-fairness-config-consumer-v1";
const LEVELS = { group: GROUP, resource: "prioritylevelconfigurations" };

interface Environment extends Pick<KeyQueueOptions, "clock" | "onError" | "observer"> {
  readonly watch: ObjectWatch;
  readonly reader: ObjectReader;
  readonly writer: StatusWriter;
  now(): Date;
}

/**
 * Says of each FlowSchema whether the priority level that it names is there. (apiserver/pkg/util/flowcontrol
 * apf_controller.go) @returns stops it
 */
export function keepFlowSchemaStatus({ watch, reader, writer, now, ...rest }: Environment): () => void {
  const levels = new Set<string>();
  /** Schemas, by name, and the levels that they name. */
  const wanted = new Map<string, string>();
  const queue = new KeyQueue({
    ...rest,
    async sync(name) {
      const schema = reader.get<FlowSchema>(SCHEMAS, "", name);
      if (!schema || isTold(schema, wish(schema, levels))) return;
      await writer.applyStatus<FlowSchema>(SCHEMAS, name, (found) => told(wish(found, levels), now()), MANAGER);
    },
  });
  const levelChanged = (level: string) => {
    for (const [schema, named] of wanted) if (named === level) queue.add(schema);
  };
  const stops = [
    watch.watch(LEVELS, {
      set({ metadata: { name = "" } }) {
        if (levels.has(name)) return;
        levels.add(name);
        levelChanged(name);
      },
      remove({ metadata: { name = "" } }) {
        levels.delete(name);
        levelChanged(name);
      },
    }),
    watch.watch<FlowSchema>(SCHEMAS, {
      set({ metadata: { name = "" }, spec }) {
        wanted.set(name, spec.priorityLevelConfiguration.name);
        queue.add(name);
      },
      remove: ({ metadata: { name = "" } }) => wanted.delete(name),
    }),
    () => queue.stop(),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

type Wish = Required<Omit<FlowSchemaCondition, "lastTransitionTime">>;

function wish({ spec }: Readonly<FlowSchema>, levels: ReadonlySet<string>): Wish {
  const { name } = spec.priorityLevelConfiguration;
  const known = levels.has(name);
  const start = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(name)}`;
  return {
    type: "Dangling",
    status: known ? "False" : "True",
    reason: known ? "Found" : "NotFound",
    message: `${start} ${known ? "and it exists" : "but there is no such object"}`,
  };
}

function conditionOf({ status }: Readonly<FlowSchema>, type: string): FlowSchemaCondition | undefined {
  return status.conditions?.find((condition) => condition.type === type);
}

function isTold(schema: Readonly<FlowSchema>, { type, status, reason, message }: Wish): boolean {
  const known = conditionOf(schema, type);
  return known?.status === status && known.reason === reason && known.message === message;
}

function told(next: Wish, now: Date): FlowSchema["status"] {
  // The time is of anything that the condition says, not of its status alone.
  return { conditions: [{ ...next, lastTransitionTime: rfc3339(now) }] };
}
