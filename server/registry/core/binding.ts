import type { Binding } from "../../../openapi/api/core.v1.ts";
import { defineKind } from "../kind.ts";

/** Binding, v1: the old way to bind a Pod, which the body names. (LegacyBindingREST of pkg/registry/core/pod/storage) */
export const binding = defineKind<Binding>({
  group: "",
  version: "v1",
  kind: "Binding",
  createdThrough: { group: "", version: "v1", resource: "pods", subresource: "binding" },
});
