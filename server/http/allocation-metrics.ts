import type { AllocationObserver, AllocationScope } from "../registry/core/service/observer.ts";
import { DEFAULT_BUCKETS, Series } from "./series.ts";

const ADDRESSES = "kube_apiserver_clusterip_allocator_allocation_";
const PORTS = "kube_apiserver_nodeport_allocator_allocation_";
const PER_RANGE = ["cidr", "scope"];
const counter = (name: string, help: string, labels: readonly string[]) =>
  new Series(name, "counter", `[ALPHA] ${help}`, labels);

/** Cluster IPs and node ports as they are handed out. (pkg/registry/core/service/{ip,port}allocator/metrics.go) */
export class AllocationMetrics implements AllocationObserver {
  readonly #addresses = counter(`${ADDRESSES}total`, "Number of Cluster IPs allocations", PER_RANGE);
  readonly #addressErrors = counter(
    `${ADDRESSES}errors_total`,
    "Number of errors trying to allocate Cluster IPs",
    PER_RANGE,
  );
  readonly #durations = new Series(
    `${ADDRESSES}duration_seconds`,
    "histogram",
    "[ALPHA] Duration in seconds to allocate a Cluster IP by ServiceCIDR",
    ["cidr"],
    DEFAULT_BUCKETS,
  );
  readonly #ports = counter(`${PORTS}total`, "Number of NodePort allocations", ["scope"]);
  readonly #portErrors = counter(`${PORTS}errors_total`, "Number of errors trying to allocate NodePort", ["scope"]);
  readonly series: readonly Series[] = [
    this.#addresses,
    this.#addressErrors,
    this.#durations,
    this.#ports,
    this.#portErrors,
  ];
  readonly clock: () => number;

  /** @param clock gives seconds since some moment */
  constructor(clock: () => number) {
    this.clock = clock;
  }

  tookAddress(cidr: string, scope: AllocationScope, seconds: number): void {
    this.#addresses.add(`${cidr}\0${scope}`, 1);
    this.#durations.observe(cidr, seconds);
  }

  refusedAddress(cidr: string, scope: AllocationScope): void {
    this.#addressErrors.add(`${cidr}\0${scope}`, 1);
  }

  tookPort(scope: AllocationScope): void {
    this.#ports.add(scope, 1);
  }

  refusedPort(scope: AllocationScope): void {
    this.#portErrors.add(scope, 1);
  }
}
