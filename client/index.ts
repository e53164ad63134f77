// biome-ignore-all lint/performance/noBarrelFile: the folder's one public door
export * from "./amounts.ts";
export * from "./api-error.ts";
export {
  type Client,
  createClient,
  type DeleteOptions,
  type ListOf,
  type ListOptions,
  type PatchOptions,
  type PatchType,
  type Where,
} from "./client.ts";
export { type Clock, ManualClock, type Random, sleep, systemClock, type Timer } from "./clock.ts";
export { type Connected, connect } from "./connect.ts";
export * from "./controller.ts";
export { type Authenticate, createAuthenticator } from "./delegated/authenticate.ts";
export { type Attributes, type Authorize, createAuthorizer, OPEN_PATHS } from "./delegated/authorize.ts";
export {
  type Trust,
  trustFrom,
  type User,
  withAuthenticated,
} from "./delegated/front-proxy.ts";
export { extraOf, valuesByName } from "./delegated/raw-headers.ts";
export { StatusError } from "./delegated/status-error.ts";
export { type DiscoveredResource, type Discovery, discoverResources, resourceNameOf } from "./discovery.ts";
export { type EndpointAddress, serveComponent } from "./endpoints/component.ts";
export type { HealthCheck } from "./endpoints/health-checks.ts";
export { serveTrusting, type TrustingServer, urlOf } from "./endpoints/trusting-server.ts";
export {
  createEventRecorder,
  type EventRecorder,
  type RecorderOptions,
  referenceTo,
  timestamp,
} from "./event-recorder.ts";
export type {
  ChangeHandler,
  Informer,
  InformerEnvironment,
  InformerOptions,
} from "./informer.ts";
export { createInformers, type Informers } from "./informers.ts";
export { type Connection, loadKubeconfig } from "./kubeconfig.ts";
export { createLane } from "./lane.ts";
export { electLeader, type LeaderElection, type LeaderElectionOptions } from "./leader-election.ts";
export { controllerOf, type IndexFunction, type Lister, listerOf, ObjectStore } from "./lister.ts";
export { createLogger, type Logger, silentLogger } from "./logger.ts";
export { type ComponentMetrics, createMetrics, createRegistry, exponentialBuckets, observeLead } from "./metrics.ts";
export { bytesQuantity, durationMs, durationText, milliQuantity, milliValue, nanoQuantity } from "./milli.ts";
export {
  nodeSelectorMatches,
  nodeSelectorTermMatches,
  podWantsNode,
  requirementMatches,
} from "./node-selector.ts";
export { quantity } from "./quantity.ts";
export { createRefusals } from "./refusals.ts";
export {
  type ApiObject,
  apiVersionOf,
  type Key,
  keyOf,
  type ObjectOf,
  type ResourceTypes,
  splitKey,
} from "./resource.ts";
export { runControllers } from "./run-controllers.ts";
export { isEmptySelector, matchesLabels, matchesSelector } from "./selector.ts";
export { createSeriesRecorder, microTimestamp, type Occurrence, type SeriesRecorder } from "./series-recorder.ts";
export { type ServiceAccountClients, serviceAccountClients } from "./service-account.ts";
export { type ApiRequest, type Identity, openTransport, type Transport } from "./transport.ts";
export * from "./work-queue.ts";
