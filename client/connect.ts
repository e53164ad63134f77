import type { Clock, Random } from "./clock.ts";
import { createInformers, type Informers } from "./informers.ts";
import { type Connection, loadKubeconfig } from "./kubeconfig.ts";
import { createLifetime, type Lifetime } from "./lifetime.ts";
import type { Logger } from "./logger.ts";
import { openTransport, type Transport } from "./transport.ts";

/** A component that may ask an API server and watch what is there, until it stops. */
export interface Connected extends Lifetime {
  readonly connection: Connection;
  readonly transport: Transport;
  /** Not started yet. */
  readonly informers: Informers;
}

export interface ConnectOptions {
  readonly kubeconfig: string;
  /** Begins the user agent. */
  readonly component: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What a component does first. @throws Error when the kubeconfig cannot be read */
export async function connect({ kubeconfig, component, clock, random, logger }: ConnectOptions): Promise<Connected> {
  const connection = await loadKubeconfig(kubeconfig);
  const transport = openTransport(connection, component);
  const informers = createInformers({ transport, clock, random, logger });
  const lifetime = createLifetime(logger);
  lifetime.onStop(() => transport.close());
  lifetime.onStop(() => informers.stop());
  return { connection, transport, informers, ...lifetime };
}
