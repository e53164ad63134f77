import { ApiError } from "./api-error.ts";
import { type Client, createClient } from "./client.ts";
import type { Clock } from "./clock.ts";
import type { Connection } from "./kubeconfig.ts";
import type { ApiObject } from "./resource.ts";
import { openTransport, type Transport } from "./transport.ts";

/** Seconds a token is asked for; it is renewed after four fifths of what it got. (controller/clientbuilder) */
const TOKEN_SECONDS = 3600;

/** Clients that act as service accounts of one namespace. */
export interface ServiceAccountClients {
  /** Nothing is asked of the server before the first request. */
  client(serviceAccount: string): Client;
  close(): Promise<void>;
}

export interface ServiceAccountOptions {
  /** Of the one who may create service accounts and their tokens. */
  readonly client: Client;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly namespace: string;
  /** Begins the user agent. */
  readonly component: string;
}

/**
 * So that each controller has only the rights of its own role, and its name in managed fields and audit logs.
 * (controller-manager/pkg/clientbuilder, kube-controller-manager --use-service-account-credentials)
 */
export function serviceAccountClients({
  client,
  connection,
  clock,
  namespace,
  component,
}: ServiceAccountOptions): ServiceAccountClients {
  const transports: Transport[] = [];
  const { clientCertificate: _, clientKey: __, ...bare } = connection;
  return {
    client(name) {
      let token = "";
      let renewAt = 0;
      let renewing: Promise<void> | undefined;
      const renew = async () => {
        const { status } = await requestToken(client, namespace, name);
        token = status.token;
        const lasts = Date.parse(status.expirationTimestamp) - clock.now().getTime();
        renewAt = clock.now().getTime() + lasts * 0.8;
      };
      const fresh = () => {
        if (clock.now().getTime() < renewAt) return undefined;
        renewing ??= renew().finally(() => {
          renewing = undefined;
        });
        return renewing;
      };
      const transport = openTransport(
        { ...bare, token: () => token },
        `${component}/system:serviceaccount:${namespace}:${name}`,
      );
      transports.push(transport);
      return createClient({
        ...transport,
        async request(request) {
          await fresh();
          return transport.request(request);
        },
      });
    },
    async close() {
      await Promise.all(transports.map((transport) => transport.close()));
    },
  };
}

interface TokenRequest {
  status: { token: string; expirationTimestamp: string };
}

async function requestToken(client: Client, namespace: string, name: string): Promise<TokenRequest> {
  const body = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: {},
    spec: { expirationSeconds: TOKEN_SECONDS, audiences: [] },
  };
  const ask = async () =>
    // A POST to this subresource answers a TokenRequest.
    (await client.post("v1/serviceaccounts", { name, namespace, subresource: "token" }, body)) as TokenRequest;
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 404)) throw error;
    const account: ApiObject = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } };
    await client.create("v1/serviceaccounts", account).catch((failure: unknown) => {
      if (!(failure instanceof ApiError && failure.code === 409)) throw failure;
    });
    return ask();
  }
}
