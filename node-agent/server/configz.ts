import { LEASE_SECONDS, RENEW_MS, STATUS_MS } from "../node-heartbeat.ts";

/** GET /configz: what of kubelet's configuration this agent works by. (staging/src/k8s.io/component-base/configz) */
export function configz({ address, port, maxPods }: { address: string; port: number; maxPods: number }) {
  return {
    kubeletconfig: {
      enableServer: true,
      ...{ address, port },
      authentication: { x509: {}, webhook: { enabled: true }, anonymous: { enabled: false } },
      authorization: { mode: "Webhook" },
      enableDebuggingHandlers: true,
      nodeStatusUpdateFrequency: `${RENEW_MS / 1000}s`,
      nodeStatusReportFrequency: `${STATUS_MS / 60_000}m0s`,
      nodeLeaseDurationSeconds: LEASE_SECONDS,
      enableControllerAttachDetach: true,
      maxPods,
    },
  };
}
