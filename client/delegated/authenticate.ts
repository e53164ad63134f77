import { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { Client } from "../client.ts";
import type { Clock } from "../clock.ts";
import type { ApiObject } from "../resource.ts";
import { commonNameOf, type Trust, type User, userBehind, withAuthenticated } from "./front-proxy.ts";
import { StatusError } from "./status-error.ts";

/** Verdicts about tokens are asked for again after this many ms. (apiserver/pkg/server/options/authentication.go) */
const KEPT = 10_000;
const MAX_KEPT = 1_000;
const ANONYMOUS: User = { name: "system:anonymous", groups: ["system:unauthenticated"], extra: {} };

/** Who asks. @param trust undefined: certificates say nothing. @throws StatusError 401 */
export type Authenticate = (trust: Trust | undefined, request: IncomingMessage) => Promise<User>;

/**
 * Believes the front proxy, certificates of the cluster's clients and tokens that the API server knows; who shows
 * nothing is anonymous. (apiserver/pkg/authentication/authenticatorfactory/delegating.go)
 */
export function createAuthenticator(client: Client, clock: Clock): Authenticate {
  const reviews = new Map<string, { readonly until: number; readonly user: Promise<User | undefined> }>();

  async function review(token: string): Promise<User | undefined> {
    const answer = await client.create("authentication.k8s.io/v1/tokenreviews", {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      metadata: {},
      spec: { token },
    } as ApiObject);
    const { authenticated, user } = (answer as unknown as TokenReview).status ?? {};
    if (!authenticated || !user?.username) return undefined;
    const { username: name, groups = [], uid, extra = {} } = user;
    return { name, groups: withAuthenticated(groups), ...(uid && { uid }), extra };
  }

  function reviewed(token: string): Promise<User | undefined> {
    const now = clock.now().getTime();
    let known = reviews.get(token);
    if (!known || known.until < now) {
      if (reviews.size >= MAX_KEPT) reviews.clear();
      known = { until: now + KEPT, user: review(token) };
      known.user.catch(() => reviews.delete(token));
      reviews.set(token, known);
    }
    return known.user;
  }

  // Certificates are checked once for a connection, which carries many requests of the front proxy.
  const peers = new WeakMap<TLSSocket, { readonly trust: Trust; readonly peer: Peer }>();
  const peerOf = (socket: TLSSocket, trust: Trust): Peer => {
    const known = peers.get(socket);
    if (known?.trust === trust) return known.peer;
    const peer = readPeer(socket, trust);
    peers.set(socket, { trust, peer });
    return peer;
  };

  return async (trust, { socket, headers, rawHeaders }) => {
    // Servers that ask this are made with TLS, so their sockets are of that kind.
    const { proxy, client: direct } = trust ? peerOf(socket as TLSSocket, trust) : {};
    const behind = trust && proxy && userBehind(trust.frontProxy, proxy, rawHeaders);
    if (behind) return behind;
    if (direct) return direct;
    const token = /^Bearer +(\S+)/i.exec(headers.authorization ?? "")?.[1];
    if (!token) return ANONYMOUS;
    const user = await reviewed(token);
    if (!user) throw new StatusError(401, "Unauthorized", "Unauthorized");
    return user;
  };
}

/** What the API server answers of a token. */
interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly user?: {
      readonly username?: string;
      readonly uid?: string;
      readonly groups?: readonly string[];
      readonly extra?: Readonly<Record<string, readonly string[]>>;
    };
  };
}

/** Who is at the other end of a connection. */
interface Peer {
  /** The front proxy's certificate, when it is that. */
  readonly proxy?: X509Certificate;
  /** One of the cluster's clients. */
  readonly client?: User;
}

function readPeer(socket: TLSSocket, { frontProxy, clientCa }: Trust): Peer {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  if (!certificate) return {};
  const client = clientCa && isIssuedBy(certificate, clientCa) ? userOf(certificate) : undefined;
  return { ...(isIssuedBy(certificate, frontProxy.ca) && { proxy: certificate }), ...(client && { client }) };
}

/** CN is the user, each O a group. */
function userOf(certificate: X509Certificate): User | undefined {
  const name = commonNameOf(certificate);
  const groups = [certificate.toLegacyObject().subject.O ?? []].flat();
  return name ? { name, groups: withAuthenticated(groups), extra: {} } : undefined;
}

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** By one of these authorities itself: those in between are not looked for. */
function isIssuedBy(certificate: X509Certificate, authorities: string): boolean {
  return (authorities.match(CERTIFICATES) ?? []).some((pem) => {
    const authority = new X509Certificate(pem);
    return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  });
}
