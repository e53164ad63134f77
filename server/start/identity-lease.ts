import type { Lease } from "../../openapi/api/coordination.k8s.io.v1.ts";
import type { ObjectWriter } from "../admission/plugin.ts";
import type { KubeObject } from "../meta/object.ts";
import { microTime } from "../meta/time.ts";

const RENEW_MILLISECONDS = 10_000;

/** Says every 10 seconds that this server is alive. (KEP-1965) @returns stops it */
export function renewIdentityLease(writer: ObjectWriter, name: string, now: () => Date): () => void {
  const renew = (lease: Lease & KubeObject) => {
    lease.spec = { ...lease.spec, renewTime: microTime(now()) };
    return lease;
  };
  const resource = { group: "coordination.k8s.io", resource: "leases" };
  const timer = setInterval(() => {
    // A lease that cannot be written now is written 10 seconds later; it is good for an hour.
    writer.update<Lease & KubeObject>(resource, "kube-system", name, renew).catch(() => undefined);
  }, RENEW_MILLISECONDS);
  return () => clearInterval(timer);
}
