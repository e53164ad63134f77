import type { Service } from "../../../../openapi/api/core.v1.ts";
import type { Random } from "../../../meta/random.ts";
import { AllocationError } from "./cluster-ip-allocator.ts";
import { healthCheckPort, nodePortsOf } from "./fields.ts";

const FIRST = 30_000;
const LAST = 32_767;
/** The first ones are only handed out when asked for, or when nothing else is left. */
const RESERVED = Math.min(128, Math.floor((LAST - FIRST + 1) / 32));

/**
 * Node ports of all Services. Kept in memory and made from the Services at the first use, so it cannot be ahead of or
 * behind what is stored. (pkg/registry/core/service/portallocator)
 */
export class NodePortAllocator {
  readonly #services: () => readonly Readonly<Service>[];
  readonly #random: Random;
  #taken: Set<number> | undefined;

  constructor(services: () => readonly Readonly<Service>[], random: Random) {
    this.#services = services;
    this.#random = random;
  }

  has(port: number): boolean {
    return this.#ports().has(port);
  }

  /** @throws AllocationError */
  allocate(port: number): void {
    if (port < FIRST || port > LAST) {
      throw new AllocationError(
        `provided port is not in the valid range. The range of valid ports is ${FIRST}-${LAST}`,
      );
    }
    if (this.has(port)) throw new AllocationError("provided port is already allocated");
    this.#ports().add(port);
  }

  /** @throws AllocationError */
  allocateNext(): number {
    const port = this.#scan(FIRST + RESERVED, LAST) ?? this.#scan(FIRST, FIRST + RESERVED - 1);
    if (port === undefined) throw new AllocationError("range is full");
    this.#ports().add(port);
    return port;
  }

  release(port: number): void {
    this.#ports().delete(port);
  }

  #scan(first: number, last: number): number | undefined {
    const size = last - first + 1;
    const start = Math.floor(this.#random() * size);
    for (let step = 0; step < size; step++) {
      const port = first + ((start + step) % size);
      if (!this.has(port)) return port;
    }
    return undefined;
  }

  #ports(): Set<number> {
    this.#taken ??= new Set(
      this.#services().flatMap((service) => [...nodePortsOf(service), ...healthCheckPort(service)]),
    );
    return this.#taken;
  }
}
