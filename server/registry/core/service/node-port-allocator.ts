import type { Service } from "../../../../openapi/api/core.v1.ts";
import type { Random } from "../../../meta/random.ts";
import { AllocationError } from "./cluster-ip-allocator.ts";
import { healthCheckPort, nodePortsOf } from "./fields.ts";
import type { AllocationObserver, Usage } from "./observer.ts";

/** Both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

const NODE_PORTS: PortRange = { first: 30_000, last: 32_767 };

/** The first ones are only handed out when asked for, or when nothing else is left. (portallocator calculateRangeOffset) */
function reserved({ first, last }: PortRange): number {
  const size = last - first + 1;
  return size <= 16 ? 0 : Math.min(128, Math.max(16, Math.floor(size / 32)));
}

/**
 * Node ports of all Services. Kept in memory and made from the Services at the first use, so it cannot be ahead of or
 * behind what is stored. (pkg/registry/core/service/portallocator)
 */
export class NodePortAllocator {
  readonly #services: () => readonly Readonly<Service>[];
  readonly #random: Random;
  readonly #range: PortRange;
  readonly #observer: AllocationObserver | undefined;
  #taken: Set<number> | undefined;

  constructor(
    services: () => readonly Readonly<Service>[],
    random: Random,
    options: {
      /** `--service-node-port-range` */
      readonly nodePorts?: PortRange;
      readonly observer?: AllocationObserver;
    } = {},
  ) {
    this.#range = options.nodePorts ?? NODE_PORTS;
    this.#observer = options.observer;
    this.#services = services;
    this.#random = random;
  }

  has(port: number): boolean {
    return this.#ports().has(port);
  }

  /** @throws AllocationError */
  allocate(port: number): void {
    const { first, last } = this.#range;
    const isOutside = port < first || port > last;
    if (isOutside || this.has(port)) {
      this.#observer?.refusedPort("static");
      const outside = `provided port is not in the valid range. The range of valid ports is ${first}-${last}`;
      throw new AllocationError(isOutside ? outside : "provided port is already allocated");
    }
    this.#ports().add(port);
    this.#observer?.tookPort("static");
  }

  /** @throws AllocationError */
  allocateNext(): number {
    const { first, last } = this.#range;
    const kept = reserved(this.#range);
    const port = this.#scan(first + kept, last) ?? this.#scan(first, first + kept - 1);
    if (port === undefined) {
      this.#observer?.refusedPort("dynamic");
      throw new AllocationError("range is full");
    }
    this.#ports().add(port);
    this.#observer?.tookPort("dynamic");
    return port;
  }

  usage(): Usage {
    const { first, last } = this.#range;
    const allocated = this.#ports().size;
    return { allocated, available: Math.max(0, last - first + 1 - allocated) };
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
