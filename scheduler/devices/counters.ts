import { quantity } from "../../client/index.ts";
import type { Pool, PooledDevice } from "./pools.ts";

/** What partitions of devices leave of the counters they share. (allocator checkAvailableCounters) */
export interface Counters {
  /** @returns false, and changes nothing, when too little is left for the device */
  add(device: PooledDevice): boolean;
  remove(device: PooledDevice): void;
}

/** @param isTaken whether some claim has the device already, by its id */
export function createCounters(isTaken: (id: string) => boolean): Counters {
  const left = new Map<Pool, Map<string, number>>();
  const keyOf = (set: string, counter: string) => `${set}/${counter}`;

  function leftIn(pool: Pool): Map<string, number> {
    const known = left.get(pool);
    if (known) return known;
    const fresh = new Map<string, number>();
    for (const [set, counters] of pool.counters)
      for (const [counter, value] of counters) fresh.set(keyOf(set, counter), value);
    left.set(pool, fresh);
    for (const device of pool.all) if (isTaken(device.id)) consume(device, 1);
    return fresh;
  }

  function consume({ pool, device }: PooledDevice, sign: 1 | -1): void {
    const counters = leftIn(pool);
    for (const { counterSet, counters: used = {} } of device.consumesCounters ?? []) {
      for (const [counter, { value }] of Object.entries(used)) {
        const key = keyOf(counterSet, counter);
        counters.set(key, (counters.get(key) ?? 0) - sign * quantity(value));
      }
    }
  }

  return {
    add(device) {
      if (!device.device.consumesCounters?.length) return true;
      consume(device, 1);
      if ([...leftIn(device.pool).values()].every((value) => value >= 0)) return true;
      consume(device, -1);
      return false;
    },
    remove: (device) => consume(device, -1),
  };
}
