import { type Address, type Listening, listen } from "./listen.ts";

/** A Service that load balancers ask about at a port of its own. */
export interface CheckedService {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  /** Ready addresses on this node. */
  readonly localEndpoints: number;
}

export interface ServiceHealthOptions {
  /** Addresses to listen at. */
  hosts(): readonly string[];
  isProxyHealthy(): boolean;
  /** Tells of a port that cannot be had. */
  failed(service: CheckedService, error: Error): void;
}

interface Open {
  readonly port: number;
  readonly listening: Promise<readonly Listening[]>;
}

/** What is answered: whether the node has endpoints, and how many. (pkg/proxy/healthcheck/service_health.go) */
export function serviceHealthAnswer({ namespace, name, localEndpoints }: CheckedService, isProxyHealthy: boolean) {
  const quoted = JSON.stringify;
  return {
    status: localEndpoints > 0 && isProxyHealthy ? 200 : 503,
    headers: {
      "Content-Type": "application/json",
      "X-Content-Type-Options": "nosniff",
      "X-Load-Balancing-Endpoint-Weight": String(localEndpoints),
    },
    body: [
      "{",
      '\t"service": {',
      `\t\t"namespace": ${quoted(namespace)},`,
      `\t\t"name": ${quoted(name)}`,
      "\t},",
      `\t"localEndpoints": ${localEndpoints},`,
      `\t"serviceProxyHealthy": ${isProxyHealthy}`,
      "}",
    ].join("\n"),
  };
}

/** Listens at the health check node ports of Services. */
export class ServiceHealthServers {
  readonly #options: ServiceHealthOptions;
  readonly #open = new Map<string, Open>();
  #services: ReadonlyMap<string, CheckedService> = new Map();

  constructor(options: ServiceHealthOptions) {
    this.#options = options;
  }

  /** Opens and closes ports so that they are those of these Services, by key. */
  sync(services: ReadonlyMap<string, CheckedService>): void {
    this.#services = services;
    for (const [key, { port }] of this.#open) if (services.get(key)?.port !== port) void this.#close(key);
    for (const [key, service] of services) if (!this.#open.has(key)) this.#listen(key, service);
  }

  #listen(key: string, service: CheckedService): void {
    const open: Open = { port: service.port, listening: this.#listenAt(key, service) };
    this.#open.set(key, open);
    open.listening.catch((error: unknown) => {
      // Forgotten, so that the next sync tries again.
      if (this.#open.get(key) === open) this.#open.delete(key);
      this.#options.failed(service, error instanceof Error ? error : new Error(String(error)));
    });
  }

  async #listenAt(key: string, service: CheckedService): Promise<readonly Listening[]> {
    const { hosts, isProxyHealthy } = this.#options;
    const opened: Listening[] = [];
    try {
      for (const host of hosts()) {
        const at: Address = { host, port: service.port };
        const server = await listen(at, (_request, response) => {
          const answer = serviceHealthAnswer(this.#services.get(key) ?? service, isProxyHealthy());
          response.writeHead(answer.status, answer.headers);
          response.end(answer.body);
        });
        opened.push(server);
      }
    } catch (error) {
      await Promise.all(opened.map((each) => each.stop()));
      throw error;
    }
    return opened;
  }

  async #close(key: string): Promise<void> {
    const open = this.#open.get(key);
    this.#open.delete(key);
    // What could not be opened has been told.
    for (const each of (await open?.listening.catch(() => [])) ?? []) await each.stop();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((key) => this.#close(key)));
  }
}
