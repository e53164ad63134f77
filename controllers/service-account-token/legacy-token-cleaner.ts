import {
  type ControllerContext,
  type CustomController,
  isConflict,
  isNotFound,
  type Lister,
  type Timer,
} from "../../client/index.ts";
import type { Container, Pod, Secret, ServiceAccount } from "../../openapi/api/core.v1.ts";
import { ACCOUNT_NAME, ACCOUNT_UID, TOKEN_TYPE } from "./secret.ts";

const DAY_MS = 24 * 3_600_000;
const TRACKING = { namespace: "kube-system", name: "kube-apiserver-legacy-service-account-token-tracking" };
const LAST_USED = "kubernetes.io/legacy-token-last-used";
const INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since";

interface Listers {
  accounts: Lister<ServiceAccount>;
  secrets: Lister<Secret>;
  pods: Lister<Pod>;
}

/** What becomes of a token that nobody uses: first it is marked, and as long again after that it goes. */
export type Verdict = { secret: Readonly<Secret>; what: "mark" | "delete" };

const day = (date: Date) => date.toISOString().slice(0, 10);
const isDay = (text: string | undefined): text is string =>
  text !== undefined &&
  /^\d{4}-\d{2}-\d{2}$/.test(text) &&
  !Number.isNaN(Date.parse(text)) &&
  day(new Date(text)) === text;

/**
 * Tokens in Secrets that were made for their account and that nobody has used for a while. Follows
 * pkg/controller/serviceaccount/legacy_serviceaccount_token_cleaner.go.
 *
 * @param trackedSince day on which the API server began to note uses
 */
export function unusedTokens(
  { accounts, secrets, pods }: Listers,
  { now, unusedMs, trackedSince }: { now: Date; unusedMs: number; trackedSince: string },
): Verdict[] {
  if (!isDay(trackedSince)) return [];
  // Not before the day after, and the time that is looked back on.
  if (now.getTime() < Date.parse(trackedSince) + DAY_MS + unusedMs) return [];
  const since = new Date(now.getTime() - unusedMs);
  const mounted = new Map<string, ReadonlySet<string>>();
  const isMounted = (namespace: string, name: string) => {
    const names = mounted.get(namespace) ?? new Set(pods.byNamespace(namespace).flatMap(secretsOf));
    mounted.set(namespace, names);
    return names.has(name);
  };
  return secrets.list().flatMap((secret): Verdict[] => {
    const {
      namespace = "",
      name = "",
      labels,
      annotations,
      creationTimestamp = "",
      deletionTimestamp,
    } = secret.metadata;
    if (secret.type !== TOKEN_TYPE || deletionTimestamp || Date.parse(creationTimestamp) >= since.getTime()) return [];
    const lastUsed = labels?.[LAST_USED];
    if (lastUsed !== undefined && (!isDay(lastUsed) || lastUsed >= day(since))) return [];
    const account = accounts.get(`${namespace}/${annotations?.[ACCOUNT_NAME] ?? ""}`);
    const uid = annotations?.[ACCOUNT_UID];
    // Only one that its account refers to was made by itself; others are their owners' business.
    if (!account || (uid && uid !== account.metadata.uid)) return [];
    if (!account.secrets?.some((reference) => reference.name === name) || isMounted(namespace, name)) return [];
    const invalidSince = labels?.[INVALID_SINCE];
    if (!isDay(invalidSince)) return [{ secret, what: "mark" }];
    return invalidSince >= day(since) ? [] : [{ secret, what: "delete" }];
  });
}

/** Names of all Secrets that a Pod refers to. (pkg/api/v1/pod VisitPodSecretNames) */
function secretsOf({ spec }: Readonly<Pod>): string[] {
  // Ephemeral containers have the fields of containers that are looked at here.
  const containers = [
    ...(spec.containers ?? []),
    ...(spec.initContainers ?? []),
    ...((spec.ephemeralContainers ?? []) as Container[]),
  ];
  const names = [
    ...(spec.imagePullSecrets ?? []).map(({ name }) => name),
    ...containers.flatMap(({ env = [], envFrom = [] }) => [
      ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
      ...envFrom.map(({ secretRef }) => secretRef?.name),
    ]),
    ...(spec.volumes ?? []).flatMap((volume) => [
      volume.secret?.secretName,
      ...(volume.projected?.sources ?? []).map(({ secret }) => secret?.name),
      volume.azureFile?.secretName,
      volume.cephfs?.secretRef?.name,
      volume.cinder?.secretRef?.name,
      volume.flexVolume?.secretRef?.name,
      volume.rbd?.secretRef?.name,
      volume.scaleIO?.secretRef?.name,
      volume.iscsi?.secretRef?.name,
      volume.storageos?.secretRef?.name,
      volume.csi?.nodePublishSecretRef?.name,
    ]),
  ];
  return names.filter((name) => name !== undefined);
}

/** Looks once a day. @param unusedMs how long a token may be unused (`--legacy-service-account-token-clean-up-period`) */
export function legacyTokenCleanerController(unusedMs: number): CustomController {
  return {
    name: "legacy-serviceaccount-token-cleaner-controller",
    start: ({ client, informers, clock, logger }: ControllerContext) => {
      const used = [
        informers.get("v1/serviceaccounts"),
        informers.get("v1/secrets"),
        informers.get("v1/pods"),
      ] as const;
      const [accounts, secrets, pods] = used;
      let stopped = false;
      let timer: Timer | undefined;
      const look = async () => {
        const { data } = await client.get("v1/configmaps", TRACKING);
        const now = clock.now();
        const listers = { accounts: accounts.lister, secrets: secrets.lister, pods: pods.lister };
        const verdicts = unusedTokens(listers, { now, unusedMs, trackedSince: data?.since ?? "" });
        for (const { secret, what } of verdicts) {
          const { name = "", namespace, uid, resourceVersion } = secret.metadata;
          const where = { name, ...(namespace && { namespace }) };
          try {
            if (what === "delete")
              await client.delete("v1/secrets", where, { ...(resourceVersion && { resourceVersion }) });
            else {
              const metadata = { uid, labels: { [INVALID_SINCE]: day(now) } };
              await client.patch("v1/secrets", where, { metadata }, { type: "merge" });
            }
          } catch (error) {
            if (!isConflict(error) && !isNotFound(error)) logger.error({ err: error, secret: name }, `${what} failed`);
          }
        }
      };
      const again = () => {
        if (stopped) return;
        void look().catch((error: unknown) => {
          // Being stopped, it loses its connection in the middle.
          if (!stopped) logger.error({ err: error }, "looking for unused tokens failed");
        });
        timer = clock.setTimeout(again, DAY_MS);
      };
      void Promise.all(used.map(({ synced }) => synced)).then(again);
      return {
        stop() {
          stopped = true;
          timer?.cancel();
        },
      };
    },
  };
}
