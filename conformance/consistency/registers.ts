import { pick } from "../chaos/seeded-random.ts";
import type { HttpClient } from "../http.ts";
import { isLinearizable, type Operation } from "./linearizable.ts";

/** What is known of a version of a register: its resourceVersion names its value as well. */
export interface Registers {
  readonly names: readonly string[];
  /** At the beginning. */
  readonly initial: ReadonlyMap<string, string>;
  readonly operations: Map<string, Operation[]>;
}

const now = () => performance.now();

/** @param collection ConfigMaps that exist, one a register. */
export async function openRegisters(api: HttpClient, collection: string, names: readonly string[]): Promise<Registers> {
  const initial = new Map<string, string>();
  for (const name of names) {
    const { status, body } = await api.get(`${collection}/${name}`);
    if (status !== 200) throw new Error(`${name} answered ${status}`);
    initial.set(name, body.data.value);
  }
  return { names, initial, operations: new Map(names.map((name) => [name, []])) };
}

/**
 * Reads a register and sets it to `next` if nobody was faster. @returns the resourceVersion it then has, when it was set
 * @throws when the connection breaks: the operation is then recorded as one that may or may not have happened
 */
export async function readAndSwap(
  api: HttpClient,
  collection: string,
  registers: Registers,
  { random, next }: { random: () => number; next: string },
): Promise<{ name: string; resourceVersion: string } | undefined> {
  const name = pick(random, registers.names);
  const operations = registers.operations.get(name)!;
  const asked = now();
  const { status, body } = await api.get(`${collection}/${name}`);
  if (status !== 200) throw new Error(`GET of ${name} answered ${status}: ${body.message}`);
  const from: string = body.data.value;
  operations.push({ invoked: asked, returned: now(), did: { kind: "read", value: from } });
  body.data.value = next;
  const invoked = now();
  const record = (outcome: "done" | "refused" | "unknown") => {
    const returned = outcome === "unknown" ? Number.POSITIVE_INFINITY : now();
    operations.push({ invoked, returned, did: { kind: "swap", from, to: next, outcome } });
  };
  let answer: Awaited<ReturnType<HttpClient["put"]>>;
  try {
    answer = await api.put(`${collection}/${name}`, body);
  } catch (error) {
    record("unknown");
    throw error;
  }
  if (answer.status !== 200 && answer.status !== 409) {
    throw new Error(`PUT of ${name} answered ${answer.status}: ${answer.body.message}`);
  }
  record(answer.status === 200 ? "done" : "refused");
  return answer.status === 200 ? { name, resourceVersion: answer.body.metadata.resourceVersion } : undefined;
}

/** @returns the registers whose history no single register could have had. */
export function notLinearizable({ names, initial, operations }: Registers): string[] {
  return names.filter((name) => !isLinearizable(operations.get(name)!, initial.get(name)!));
}
