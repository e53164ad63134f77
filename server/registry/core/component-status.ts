import type { ComponentStatus } from "../../../openapi/api/core.v1.ts";
import { defineKind } from "../kind.ts";

/**
 * ComponentStatus, v1: the health of components that the API server probes. There are none: ours open no health port.
 * (pkg/registry/core/componentstatus)
 */
export const componentStatus = defineKind<ComponentStatus>({
  group: "",
  version: "v1",
  kind: "ComponentStatus",
  hasNone: { resource: "componentstatus" },
});
