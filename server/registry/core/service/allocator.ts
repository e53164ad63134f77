import type { Service } from "../../../../openapi/api/core.v1.ts";
import { internalError, invalid, StatusError } from "../../../meta/errors.ts";
import { type FieldError, fieldInvalid } from "../../../meta/field-error.ts";
import type { KubeObject } from "../../../meta/object.ts";
import { isNotFound, serverScope } from "../../writer.ts";
import { AllocationError, type AllocatorOptions, ClusterIpAllocator } from "./cluster-ip-allocator.ts";
import { healthCheckPort, isHeadless, needsClusterIP, nodePortsOf } from "./fields.ts";
import { NodePortAllocator, type PortRange } from "./node-port-allocator.ts";
import type { ServiceUsage } from "./observer.ts";

/** What Services are given: cluster IPs and node ports. */
export class ServiceAllocator {
  /** Families that Services can have addresses of; the first is the default. */
  readonly families: readonly string[] = ["IPv4"];
  readonly clusterIPs: ClusterIpAllocator;
  readonly nodePorts: NodePortAllocator;
  readonly #options: AllocatorOptions;

  constructor(options: AllocatorOptions & { readonly nodePorts?: PortRange }) {
    this.#options = options;
    this.clusterIPs = new ClusterIpAllocator(options);
    const services = () => options.reader.list<Service & KubeObject>({ group: "", resource: "services" }, "");
    this.nodePorts = new NodePortAllocator(services, options.random, options);
  }

  usage(): ServiceUsage {
    return { ranges: this.clusterIPs.usage(), nodePorts: this.nodePorts.usage() };
  }

  begin(service: Service, dryRun: boolean): Allocation {
    return new Allocation(this, service, dryRun);
  }

  /** All that a deleted Service had, its Endpoints among it. (storage.go afterDelete) */
  async releaseAll(service: Readonly<Service>): Promise<void> {
    const { namespace = "", name = "" } = service.metadata;
    for (const port of [...nodePortsOf(service), ...healthCheckPort(service)]) this.nodePorts.release(port);
    const addresses = needsClusterIP(service) && !isHeadless(service) ? (service.spec.clusterIPs ?? []) : [];
    await Promise.all([
      ...addresses.map((address) => this.clusterIPs.release(address)),
      this.#deleteEndpoints(namespace, name),
    ]);
  }

  async #deleteEndpoints(namespace: string, name: string): Promise<void> {
    const store = this.#options.store({ group: "", resource: "endpoints" });
    try {
      await store?.delete(namespace, name, {}, serverScope(this.#options.now()));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

/** One write's allocations: taken at once, given back when the write fails; releases wait until it has succeeded. */
export class Allocation {
  readonly #allocator: ServiceAllocator;
  readonly #service: Service;
  readonly #dryRun: boolean;
  readonly #addresses: string[] = [];
  readonly #ports: number[] = [];
  readonly #releaseAddresses: string[] = [];
  readonly #releasePorts: number[] = [];

  constructor(allocator: ServiceAllocator, service: Service, dryRun: boolean) {
    this.#allocator = allocator;
    this.#service = service;
    this.#dryRun = dryRun;
  }

  /** @param wanted empty: any. @throws StatusError 422, 500 */
  async address(family: string, wanted: string): Promise<string> {
    const { clusterIPs } = this.#allocator;
    const field = "spec.clusterIPs";
    const list = this.#service.spec.clusterIPs;
    try {
      if (wanted) await clusterIPs.allocate(this.#service, wanted, this.#dryRun);
      const address = wanted || (await clusterIPs.allocateNext(this.#service, family, this.#dryRun));
      this.#addresses.push(address);
      return address;
    } catch (error) {
      if (!(error instanceof AllocationError || error instanceof StatusError)) throw error;
      if (wanted) throw this.#invalid(fieldInvalid(field, list, `failed to allocate IP ${wanted}: ${error.message}`));
      if (error instanceof StatusError || !error.isFull)
        throw this.#invalid(fieldInvalid(field, list, `failed to allocate IP: ${error.message}`));
      const name = JSON.stringify(this.#service.metadata.name ?? "");
      throw internalError(`failed to allocate a serviceIP for Service ${name}: ${error.message}`);
    }
  }

  /** @throws StatusError 422 */
  port(port: number, index: number): void {
    try {
      this.#takePort(port);
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      throw this.#invalid(fieldInvalid(`spec.ports[${index}].nodePort`, port, error.message));
    }
  }

  /** @throws StatusError 500 */
  nextPort(): number {
    try {
      return this.#takeNextPort();
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      throw internalError(`failed to allocate a nodePort: ${error.message}`);
    }
  }

  /** @param wanted 0: any. @throws StatusError 500 */
  healthCheckPort(wanted: number): number {
    try {
      if (wanted) this.#takePort(wanted);
      return wanted || this.#takeNextPort();
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      const what = wanted ? "requested HealthCheck NodePort" : "a HealthCheck NodePort";
      throw internalError(`failed to allocate ${what} ${wanted}: ${error.message}`);
    }
  }

  releaseAddress(address: string): void {
    this.#releaseAddresses.push(address);
  }

  releasePort(port: number): void {
    this.#releasePorts.push(port);
  }

  async finish(isCommitted: boolean): Promise<void> {
    if (this.#dryRun) return;
    const { nodePorts, clusterIPs } = this.#allocator;
    for (const port of isCommitted ? this.#releasePorts : this.#ports) nodePorts.release(port);
    const addresses = isCommitted ? this.#releaseAddresses : this.#addresses;
    await Promise.all(addresses.map((address) => clusterIPs.release(address)));
  }

  #takePort(port: number): void {
    const { nodePorts } = this.#allocator;
    if (!this.#dryRun) nodePorts.allocate(port);
    else if (nodePorts.has(port) || this.#ports.includes(port)) {
      throw new AllocationError("provided port is already allocated");
    }
    this.#ports.push(port);
  }

  /** A dry run names some port, free or not, as upstream does. */
  #takeNextPort(): number {
    const last = this.#ports.length > 0 ? Math.max(0, ...this.#ports) : 32_768;
    const port = this.#dryRun ? last + 1 : this.#allocator.nodePorts.allocateNext();
    this.#ports.push(port);
    return port | 0; // an int32: beyond the largest there it begins anew
  }

  #invalid(error: FieldError): StatusError {
    return invalid({ group: "", kind: "Service" }, this.#service.metadata.name ?? "", [error]);
  }
}
