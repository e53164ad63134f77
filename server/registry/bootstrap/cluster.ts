import { createHash } from "node:crypto";
import type { UnstructuredObject } from "../../meta/object.ts";
import { microTime } from "../../meta/time.ts";
import type { Seed, Seeds } from "./seed.ts";

/** What the objects about the server itself say. */
export interface ClusterFacts {
  readonly now: Date;
  /** Where clients inside the cluster reach the server. */
  readonly advertiseAddress: string;
  readonly port: number;
  /** `--service-cluster-ip-range`; absent: as the facts have it. */
  readonly serviceRange?: string;
  /** First address of the service range: the `kubernetes` Service's. */
  readonly serviceAddress: string;
  readonly hostname: string;
  /** Of this run: tells lease holders apart. */
  readonly identity: string;
  /** PEM. */
  readonly clientCa: string;
  readonly requestHeaderCa: string;
  readonly requestHeader: RequestHeaderFacts;
}

/** What `--requestheader-*` say of the front proxy. */
export interface RequestHeaderFacts {
  readonly allowedNames: readonly string[];
  readonly userNameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
}

const LEASE_SECONDS = 3600;

/** The objects that depend on where and as what the server runs. */
export function cluster(facts: ClusterFacts): Seeds[] {
  const about = (group: string, resource: string, ...seeds: Seed[]): Seeds => ({
    group,
    resource,
    fieldManager: "kube-apiserver",
    seeds,
  });
  const kubernetes = { name: "kubernetes", namespace: "default" };
  const { advertiseAddress, port, serviceAddress } = facts;
  return [
    about("", "configmaps", authentication(facts), tokenTracking(facts)),
    about("", "services", {
      mode: "create",
      object: {
        metadata: { ...kubernetes, labels: { component: "apiserver", provider: "kubernetes" } },
        spec: {
          ports: [{ name: "https", protocol: "TCP", port: 443, targetPort: port }],
          clusterIP: serviceAddress,
          type: "ClusterIP",
          sessionAffinity: "None",
          ipFamilyPolicy: "SingleStack",
          internalTrafficPolicy: "Cluster",
        },
        status: { loadBalancer: {} },
      } as Seed["object"],
      // The allocator's doing, where others create Services.
      prepare: (service) => allocated(service as UnstructuredObject, serviceAddress),
    }),
    about("", "endpoints", {
      mode: "enforce",
      object: {
        metadata: { ...kubernetes, labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
        subsets: [{ addresses: [{ ip: advertiseAddress }], ports: [{ name: "https", port, protocol: "TCP" }] }],
      } as Seed["object"],
    }),
    about("discovery.k8s.io", "endpointslices", {
      mode: "enforce",
      object: {
        metadata: { ...kubernetes, generation: 1, labels: { "kubernetes.io/service-name": "kubernetes" } },
        addressType: advertiseAddress.includes(":") ? "IPv6" : "IPv4",
        endpoints: [{ addresses: [advertiseAddress], conditions: { ready: true } }],
        ports: [{ name: "https", protocol: "TCP", port }],
      } as Seed["object"],
    }),
    about("networking.k8s.io", "ipaddresses", {
      mode: "create",
      object: {
        metadata: {
          name: serviceAddress,
          labels: {
            "ipaddress.kubernetes.io/ip-family": "IPv4",
            "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
          },
        },
        spec: { parentRef: { resource: "services", namespace: "default", name: "kubernetes" } },
      } as Seed["object"],
    }),
    about("coordination.k8s.io", "leases", identityLease(facts)),
  ];
}

function allocated(service: UnstructuredObject, address: string): void {
  Object.assign(service.spec as object, { clusterIPs: [address], ipFamilies: ["IPv4"] }); // as was just written above
}

/** How extension API servers verify who the aggregator says a request is from. */
function authentication({ clientCa, requestHeaderCa, requestHeader }: ClusterFacts): Seed {
  const { allowedNames, userNameHeaders, uidHeaders, groupHeaders, extraHeaderPrefixes } = requestHeader;
  return {
    mode: "enforce",
    object: {
      metadata: { name: "extension-apiserver-authentication", namespace: "kube-system" },
      data: {
        "client-ca-file": clientCa,
        "requestheader-allowed-names": JSON.stringify(allowedNames),
        "requestheader-client-ca-file": requestHeaderCa,
        "requestheader-extra-headers-prefix": JSON.stringify(extraHeaderPrefixes),
        "requestheader-group-headers": JSON.stringify(groupHeaders),
        ...(uidHeaders.length > 0 && { "requestheader-uid-headers": JSON.stringify(uidHeaders) }),
        "requestheader-username-headers": JSON.stringify(userNameHeaders),
      },
    } as Seed["object"],
  };
}

function tokenTracking({ now }: ClusterFacts): Seed {
  return {
    mode: "create",
    object: {
      metadata: { name: "kube-apiserver-legacy-service-account-token-tracking", namespace: "kube-system" },
      data: { since: now.toISOString().slice(0, 10) },
    } as Seed["object"],
  };
}

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
/** Bytes of a hash that go into a name, and the digits they take. */
const [HASHED, DIGITS] = [16, 26];

/** Of the Lease that says which server runs on a host. (apiserver/pkg/server/config.go) */
export function identityLeaseName(hostname: string): string {
  const parts = [hostname, "kube-apiserver"].flatMap((part) => [lengthOf(part), Buffer.from(part)]);
  const hash = createHash("sha256")
    .update(Buffer.concat(parts))
    .digest("hex")
    .slice(0, 2 * HASHED);
  // Filled up with zeros at the end to whole digits of five bits.
  const number = BigInt(`0x${hash}`) << BigInt(5 * DIGITS - 8 * HASHED);
  const digits = number.toString(BASE32.length).padStart(DIGITS, "0");
  return `apiserver-${digits.replace(/./g, (digit) => BASE32.charAt(Number.parseInt(digit, BASE32.length)))}`;
}

function lengthOf(text: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(text));
  return length;
}

/** (pkg/controlplane/controller/apiserverleasegc, KEP-1965) */
function identityLease({ hostname, identity, advertiseAddress, port, now }: ClusterFacts): Seed {
  const name = identityLeaseName(hostname);
  return {
    mode: "enforce",
    object: {
      metadata: {
        name,
        namespace: "kube-system",
        labels: { "apiserver.kubernetes.io/identity": "kube-apiserver", "kubernetes.io/hostname": hostname },
        annotations: { "kubernetes.io/peer-advertise-address": `${advertiseAddress}:${port}` },
      },
      spec: {
        holderIdentity: `${name}_${identity}`,
        leaseDurationSeconds: LEASE_SECONDS,
        renewTime: microTime(now),
      },
    } as Seed["object"],
  };
}
