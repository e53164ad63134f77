import { randomUUID } from "node:crypto";
import type { Clock, Informers } from "../client/index.ts";
import type { CompileSelector } from "./devices/allocate.ts";
import { Claims } from "./devices/claims.ts";
import { classOfResource } from "./devices/extended-resources.ts";
import type { Handle } from "./framework.ts";

export interface HandleOptions extends Pick<Handle, "isPreempting" | "preempting"> {
  readonly informers: Informers;
  readonly clock: Clock;
  readonly compileSelector: CompileSelector;
}

/** What plugins may ask besides the cluster's objects. */
export function createHandle({ informers, clock, compileSelector, ...preemption }: HandleOptions): Handle {
  const slices = informers.get("resource.k8s.io/v1/resourceslices").lister;
  const deviceClasses = informers.get("resource.k8s.io/v1/deviceclasses").lister;
  return {
    ...preemption,
    devices: {
      claims: new Claims(informers.get("resource.k8s.io/v1/resourceclaims").lister),
      slices: () => slices.list(),
      deviceClass: (name) => deviceClasses.get(name),
      classOfResource: (resource) => classOfResource(deviceClasses.list(), resource),
      compileSelector,
      newShareId: randomUUID,
      now: () => clock.now(),
    },
  };
}
