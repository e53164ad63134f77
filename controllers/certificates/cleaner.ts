import { X509Certificate } from "node:crypto";
import { type Action, defineController, type Key, type Lister } from "../../client/index.ts";
import type { CertificateSigningRequest } from "../../openapi/api/certificates.k8s.io.v1.ts";

const HOUR_MS = 3_600_000;
/** How long requests stay after they were decided, and while nothing happens to them. */
const DECIDED_MS = HOUR_MS;
const PENDING_MS = 24 * HOUR_MS;

interface Listers {
  requests: Lister<CertificateSigningRequest>;
}

/** Deletes requests for certificates that are done with. Follows pkg/controller/certificates/cleaner. */
export function reconcile(key: Key, { requests }: Listers, now: Date): Action[] {
  const request = requests.get(key);
  if (!request) return [];
  const end = endOf(request);
  // Upstream looks once an hour; older than its time it must be.
  if (now.getTime() > end)
    return [{ do: "delete", resource: "certificates.k8s.io/v1/certificatesigningrequests", object: request }];
  return [{ do: "requeue", afterMs: Math.min(end - now.getTime() + 1, HOUR_MS) }];
}

/** When a request's time is over, in milliseconds. */
function endOf({ metadata, status }: Readonly<CertificateSigningRequest>): number {
  const { conditions = [], certificate } = status;
  if (!conditions.length) return after(metadata.creationTimestamp, PENDING_MS);
  const ends = conditions.map(({ type, lastUpdateTime }) => {
    if (type === "Denied" || type === "Failed") return after(lastUpdateTime, DECIDED_MS);
    if (type !== "Approved") return Number.POSITIVE_INFINITY;
    if (!certificate) return after(lastUpdateTime, PENDING_MS);
    return Math.min(after(lastUpdateTime, DECIDED_MS), expiryOf(certificate));
  });
  return Math.min(...ends);
}

const after = (time: string | undefined, milliseconds: number): number =>
  time ? Date.parse(time) + milliseconds : Number.POSITIVE_INFINITY;

/** @param certificate PEM in base64; one that cannot be read expires never, by itself */
function expiryOf(certificate: string): number {
  try {
    return Date.parse(new X509Certificate(Buffer.from(certificate, "base64")).validTo);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

export const certificateCleanerController = defineController<Listers>({
  name: "certificatesigningrequest-cleaner-controller",
  watches: { for: "certificates.k8s.io/v1/certificatesigningrequests" },
  listers: (get) => ({ requests: get("certificates.k8s.io/v1/certificatesigningrequests") }),
  reconcile: (key, listers, { now }) => reconcile(key, listers, now),
});
