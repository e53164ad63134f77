import type { Informers } from "../client/index.ts";
import type { Listers } from "./framework.ts";

/** What plugins look at besides nodes and Pods; asking for it starts its informers. */
export function createListers(informers: Informers): Listers {
  const namespaces = informers.get("v1/namespaces").lister;
  const volumes = informers.get("v1/persistentvolumes").lister;
  const claims = informers.get("v1/persistentvolumeclaims").lister;
  const classes = informers.get("storage.k8s.io/v1/storageclasses").lister;
  const csiNodes = informers.get("storage.k8s.io/v1/csinodes").lister;
  const csiDrivers = informers.get("storage.k8s.io/v1/csidrivers").lister;
  const capacities = informers.get("storage.k8s.io/v1/csistoragecapacities").lister;
  const services = informers.get("v1/services").lister;
  const controllers = informers.get("v1/replicationcontrollers").lister;
  const replicaSets = informers.get("apps/v1/replicasets").lister;
  const statefulSets = informers.get("apps/v1/statefulsets").lister;
  const budgets = informers.get("policy/v1/poddisruptionbudgets").lister;
  return {
    namespace: (name) => namespaces.get(name),
    persistentVolume: (name) => volumes.get(name),
    persistentVolumes: () => volumes.list(),
    persistentVolumeClaim: (namespace, name) => claims.get(`${namespace}/${name}`),
    storageClass: (name) => classes.get(name),
    csiNode: (name) => csiNodes.get(name),
    csiDriver: (name) => csiDrivers.get(name),
    csiStorageCapacities: () => capacities.list(),
    services: (namespace) => services.byNamespace(namespace),
    replicationControllers: (namespace) => controllers.byNamespace(namespace),
    replicaSets: (namespace) => replicaSets.byNamespace(namespace),
    statefulSets: (namespace) => statefulSets.byNamespace(namespace),
    disruptionBudgets: () => budgets.list(),
  };
}
