import type { APIService } from "../../openapi/api/apiregistration.k8s.io.v1.ts";
import type { ObjectReader } from "../admission/plugin.ts";
import type { Backend } from "../http/connectors/backend.ts";
import { KeptConnections } from "../http/connectors/kept-connections.ts";
import { endpointOf, type FrontProxyClient, remoteServer } from "./remote-server.ts";

/** The servers behind APIServices, with connections that outlive a request. */
export class RemoteConnections {
  readonly #reader: ObjectReader;
  readonly #client: FrontProxyClient;
  /** By the name of an APIService. `to`: what it and its Service said when these were opened. */
  readonly #kept = new Map<string, { readonly to: string; readonly connections: KeptConnections }>();

  constructor(reader: ObjectReader, client: FrontProxyClient) {
    this.#reader = reader;
    this.#client = client;
  }

  of(service: Readonly<APIService>): Backend {
    const backend = remoteServer(service, this.#reader, this.#client);
    const name = service.metadata.name ?? "";
    const to = this.#target(service);
    if (!to) return backend; // which says why, once it is asked
    let kept = this.#kept.get(name);
    if (kept?.to !== to) {
      kept?.connections.close();
      kept = { to, connections: new KeptConnections(() => backend.connect()) };
      this.#kept.set(name, kept);
    }
    return { ...backend, kept: kept.connections };
  }

  #target(service: Readonly<APIService>): string | undefined {
    try {
      return JSON.stringify([service.spec, endpointOf(service, this.#reader)]);
    } catch {
      return undefined; // there is no Service
    }
  }

  forget(name: string): void {
    this.#kept.get(name)?.connections.close();
    this.#kept.delete(name);
  }

  stop(): void {
    for (const name of [...this.#kept.keys()]) this.forget(name);
  }
}
