import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { type Running, upBuilt } from "../../cli/run-built.ts";
import { between, seededRandom } from "../chaos/seeded-random.ts";
import { HttpClient, type OpenWatch, type WatchEvent } from "../http.ts";
import { notLinearizable, openRegisters, type Registers, readAndSwap } from "./registers.ts";

const rounds = Number(process.env.INKUBE_CRASH_ROUNDS ?? 3);
const seed = Number(process.env.INKUBE_CRASH_SEED ?? 1);
const collection = "/api/v1/namespaces/default/configmaps";
const labels = { load: "yes" };
const selected = `${collection}?labelSelector=load%3Dyes`;
const registerNames = ["register-0", "register-1", "register-2"];

/** What makes a change to be told from all others: values are written once. */
type Change = string;
interface Seen {
  readonly change: Change;
  readonly revision: number;
}

const started: Running[] = [];
const folder = mkdtempSync(join(tmpdir(), "inkube-crash-loop-"));
afterEach(async () => {
  for (const { child, exited } of started.splice(0)) {
    child.kill("SIGKILL");
    await exited;
  }
  rmSync(folder, { recursive: true, force: true });
});

const seen = ({ type, object }: WatchEvent): Seen => ({
  change: `${type} ${object.metadata.name} ${object.data?.value ?? ""}`,
  revision: Number(object.metadata.resourceVersion),
});

/** Follows the collection over all of the server's lives, from where it was. */
class Follower {
  readonly stream: Seen[] = [];
  #revision: number;
  #checked = 0;
  #open: OpenWatch | undefined;
  #reading: Promise<void> = Promise.resolve();

  constructor(revision: number) {
    this.#revision = revision;
  }

  async follow(api: HttpClient): Promise<void> {
    this.#open = await api.watch(`${selected}&watch=1&resourceVersion=${this.#revision}`);
    this.#reading = this.#read(this.#open).catch(() => {}); // the server is killed under it
  }

  /** What it has seen since it was asked last, and where in the history that must be: a long run checks each once. */
  unchecked(): { from: number; seen: Seen[] } {
    const from = this.#checked;
    this.#checked = this.stream.length;
    return { from, seen: this.stream.slice(from) };
  }

  async leave(): Promise<void> {
    await Promise.race([this.#reading, sleep(100)]);
    this.#open?.close();
  }

  async #read(watch: OpenWatch): Promise<void> {
    for await (const event of watch) {
      const each = seen(event);
      this.stream.push(each);
      this.#revision = each.revision;
    }
  }
}

/** Creates, deletes and swaps until the connection breaks. */
async function write(
  api: HttpClient,
  {
    client,
    random,
    registers,
    acknowledged,
  }: {
    client: string;
    random: () => number;
    registers: Registers;
    acknowledged: Map<Change, number | undefined>;
  },
): Promise<never> {
  const own: string[] = [];
  for (let n = 0; ; n++) {
    const value = `${client}-${n}`;
    const choice = random();
    if (choice < 0.5) {
      const swapped = await readAndSwap(api, collection, registers, { random, next: value });
      if (swapped) acknowledged.set(`MODIFIED ${swapped.name} ${value}`, Number(swapped.resourceVersion));
    } else if (choice < 0.8 || own.length === 0) {
      const { status, body } = await api.post(collection, { metadata: { name: value, labels }, data: { value } });
      if (status !== 201) throw new Error(`POST answered ${status}: ${body.message}`);
      acknowledged.set(`ADDED ${value} ${value}`, Number(body.metadata.resourceVersion));
      own.push(value);
    } else {
      const name = own.pop()!;
      const { status, body } = await api.delete(`${collection}/${name}`);
      if (status !== 200) throw new Error(`DELETE answered ${status}: ${body.message}`);
      acknowledged.set(`DELETED ${name} ${name}`, undefined);
    }
  }
}

test(
  `kill -9 at any moment, ${rounds} times: history stays one, and all saw the same`,
  async () => {
    const random = seededRandom(seed);
    const history: Seen[] = [];
    const revisionOf = new Map<Change, number>();
    const state = new Map<string, number>();
    const acknowledged = new Map<Change, number | undefined>();
    const followers: Follower[] = [];
    let checked = 0;
    let registers: Registers | undefined;

    /** Reads on from what is known up to a write of its own, and compares all that was said before with it. */
    const check = async (api: HttpClient, round: number) => {
      const name = `end-${round}`;
      const { status, body: end } = await api.post(collection, { metadata: { name, labels }, data: { value: name } });
      expect(status).toBe(201);
      const watch = await api.watch(`${selected}&watch=1&resourceVersion=${history.at(-1)?.revision ?? first}`);
      const events = await watch.until(({ object }) => object.metadata.name === name);
      watch.close();
      for (const event of events) {
        const each = seen(event);
        expect(each.revision).toBeGreaterThan(history.at(-1)?.revision ?? 0);
        history.push(each);
        expect(revisionOf.has(each.change), `seen twice: ${each.change}`).toBe(false);
        revisionOf.set(each.change, each.revision);
        if (event.type === "DELETED") state.delete(event.object.metadata.name);
        else state.set(event.object.metadata.name, each.revision);
      }
      for (const [change, revision] of acknowledged) {
        expect(revisionOf.has(change), `lost: ${change}`).toBe(true);
        if (revision !== undefined) expect(revisionOf.get(change), change).toBe(revision);
      }
      for (const follower of followers) {
        const { from, seen: read } = follower.unchecked();
        expect(read).toEqual(history.slice(from, from + read.length));
      }
      const { body: list } = await api.get(selected);
      const listed = list.items.map(({ metadata }: WatchEvent["object"]) => [
        metadata.name,
        Number(metadata.resourceVersion),
      ]);
      expect(new Map(listed)).toEqual(state);
      expect(Number(list.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(end.metadata.resourceVersion));
      if (registers) {
        const now = await openRegisters(api, collection, registerNames);
        for (const [register, value] of now.initial) {
          const at = performance.now();
          registers.operations.get(register)!.push({ invoked: at, returned: at, did: { kind: "read", value } });
        }
        expect(notLinearizable(registers)).toEqual([]);
      }
      checked += acknowledged.size;
      acknowledged.clear();
    };

    let first = 0;
    for (let round = 0; round <= rounds; round++) {
      const server = await upBuilt(["--nodes", "0", "--data-dir", folder, "--port", "0"]);
      started.push(server);
      const api = await HttpClient.open(server.ready.kubeconfig);
      if (round === 0) {
        first = Number((await api.get(selected)).body.metadata.resourceVersion);
        for (const name of registerNames) {
          await api.post(collection, { metadata: { name, labels }, data: { value: `first ${name}` } });
        }
        for (let n = 0; n < 3; n++) followers.push(new Follower(first));
      }
      await check(api, round);
      registers = await openRegisters(api, collection, registerNames);
      if (round < rounds) {
        for (const follower of followers) await follower.follow(api);
        const writers = Array.from({ length: 8 }, (_, writer) =>
          write(api, {
            client: `w${round}-${writer}`,
            random: seededRandom(seed * 1e6 + round * 100 + writer),
            registers: registers!,
            acknowledged,
          }),
        );
        const ended = Promise.allSettled(writers);
        await Promise.race([sleep(between(random, 30, 800)), ...writers]);
        server.child.kill("SIGKILL");
        for (const result of await ended) {
          // Each ended by its connection, none by a wrong answer.
          expect(result).toMatchObject({ reason: { code: expect.stringMatching(/^(ECONN|EPIPE)/) } });
        }
        for (const follower of followers) await follower.leave();
      } else server.child.kill("SIGKILL");
      await server.exited;
      started.splice(0);
    }
    expect(checked).toBeGreaterThan(rounds * 3);
    expect(followers.every(({ stream }) => stream.length > rounds)).toBe(true);
    if (rounds > 10) console.info(`${rounds} rounds, ${checked} acknowledged writes, ${history.length} changes`);
  },
  60_000 + rounds * 10_000,
);
