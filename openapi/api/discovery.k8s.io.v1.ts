// Made by openapi/generate-api.ts from openapi/facts/types. Do not edit.
import type { ObjectReference } from "./core.v1.ts";
import type { ListMeta, ObjectMeta } from "./meta.k8s.io.v1.ts";

/** io.k8s.api.discovery.v1.Endpoint */
export interface Endpoint {
  addresses?: string[];
  conditions: EndpointConditions;
  hostname?: string;
  targetRef?: ObjectReference;
  deprecatedTopology?: Record<string, string>;
  nodeName?: string;
  zone?: string;
  hints?: EndpointHints;
}

/** io.k8s.api.discovery.v1.EndpointConditions */
export interface EndpointConditions {
  ready?: boolean;
  serving?: boolean;
  terminating?: boolean;
}

/** io.k8s.api.discovery.v1.EndpointHints */
export interface EndpointHints {
  forZones?: ForZone[];
  forNodes?: ForNode[];
}

/** io.k8s.api.discovery.v1.EndpointPort */
export interface EndpointPort {
  name?: string;
  protocol?: string;
  port?: number;
  appProtocol?: string;
}

/** io.k8s.api.discovery.v1.EndpointSlice */
export interface EndpointSlice {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  addressType: string;
  endpoints?: Endpoint[];
  ports?: EndpointPort[];
}

/** io.k8s.api.discovery.v1.EndpointSliceList */
export interface EndpointSliceList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: EndpointSlice[];
}

/** io.k8s.api.discovery.v1.ForNode */
export interface ForNode {
  name: string;
}

/** io.k8s.api.discovery.v1.ForZone */
export interface ForZone {
  name: string;
}
