import type { Plugin } from "../framework.ts";

/** Tells the API server which node a Pod gets. (framework/plugins/defaultbinder) */
export const defaultBinder: Plugin = {
  name: "DefaultBinder",
  async bind({ pod }, node, { client }) {
    const { name = "", namespace = "", uid } = pod.metadata;
    const target = { kind: "Node", name: node };
    const binding = { apiVersion: "v1", kind: "Binding", metadata: { name, namespace, uid }, target };
    await client.post("v1/pods", { name, namespace, subresource: "binding" }, binding);
  },
};
