import type { KubeObject } from "../../meta/object.ts";
import { admissionPrinters } from "./admission.ts";
import { clusterPrinters } from "./cluster.ts";
import { corePrinters } from "./core.ts";
import { networkPrinters } from "./network.ts";
import { podPrinters } from "./pod.ts";
import { storagePrinters } from "./storage.ts";
import { workloadPrinters } from "./workloads.ts";

/** What stands in each column besides Name and Age, by the column's name. */
export type Cells<T> = Readonly<Record<string, (object: T, now: Date) => unknown>>;

// One type for cells of all kinds: each is only called with objects of its own resource.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Printers = Readonly<Record<string, Cells<any>>>;

/** By `group/resource`. Follows pkg/printers/internalversion/printers.go. */
export const printers: Readonly<Record<string, Cells<KubeObject>>> = {
  ...corePrinters,
  ...podPrinters,
  ...workloadPrinters,
  ...networkPrinters,
  ...storagePrinters,
  ...clusterPrinters,
  ...admissionPrinters,
};
