// Made by openapi/generate-api.ts from openapi/facts/types. Do not edit.
import type { GroupVersionKind, ListMeta, ObjectMeta } from "./meta.k8s.io.v1.ts";

/** io.k8s.api.apidiscovery.v2.APIGroupDiscovery */
export interface APIGroupDiscovery {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMeta;
  versions?: APIVersionDiscovery[];
}

/** io.k8s.api.apidiscovery.v2.APIGroupDiscoveryList */
export interface APIGroupDiscoveryList {
  kind?: string;
  apiVersion?: string;
  metadata: ListMeta;
  items?: APIGroupDiscovery[];
}

/** io.k8s.api.apidiscovery.v2.APIResourceDiscovery */
export interface APIResourceDiscovery {
  resource: string;
  responseKind?: GroupVersionKind;
  scope: string;
  singularResource: string;
  verbs?: string[];
  shortNames?: string[];
  categories?: string[];
  subresources?: APISubresourceDiscovery[];
}

/** io.k8s.api.apidiscovery.v2.APISubresourceDiscovery */
export interface APISubresourceDiscovery {
  subresource: string;
  responseKind?: GroupVersionKind;
  acceptedTypes?: GroupVersionKind[];
  verbs?: string[];
}

/** io.k8s.api.apidiscovery.v2.APIVersionDiscovery */
export interface APIVersionDiscovery {
  version: string;
  resources?: APIResourceDiscovery[];
  freshness?: string;
}
