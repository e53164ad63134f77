/**
 * What kubelet of this release may or may not do, and this agent does: told in the node's status, so that nobody asks a
 * node for more. In the order of their names, as the API server wants them. (component-helpers/nodedeclaredfeatures)
 */
export const DECLARED_FEATURES: readonly string[] = [
  // exec, attach and port-forward: server/remote-command-websocket.ts, server/port-forward.ts
  "ExtendWebSocketsToKubelet",
  // Amounts of a Pod as a whole: pod-worker/resize.ts, pod-amounts.ts
  "InPlacePodLevelResourcesVerticalScaling",
  // Amounts of init containers: pod-worker/spec-change.ts
  "InPlacePodVerticalScalingInitContainers",
  // pod-worker/restart-all.ts
  "RestartAllContainersOnContainerExits",
];
