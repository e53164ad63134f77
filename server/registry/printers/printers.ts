import type { KubeObject } from "../../meta/object.ts";
import { admissionPrinters } from "./admission.ts";
import type { Cells } from "./cells.ts";
import { clusterPrinters } from "./cluster.ts";
import { corePrinters } from "./core.ts";
import { networkPrinters } from "./network.ts";
import { podPrinters } from "./pod.ts";
import { storagePrinters } from "./storage.ts";
import { workloadPrinters } from "./workloads.ts";

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
