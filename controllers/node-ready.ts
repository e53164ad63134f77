import type { Node } from "../openapi/api/core.v1.ts";

/** Whether a node says that it can take Pods. */
export const isNodeReady = ({ status }: Readonly<Node>): boolean =>
  status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
