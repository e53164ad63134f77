import { StatusError } from "../client/index.ts";
import { GROUP } from "./metrics.ts";

export const noMetrics = (resource: string, name: string): StatusError =>
  new StatusError(404, "NotFound", `${resource}.${GROUP} ${JSON.stringify(name)} not found`, {
    name,
    group: GROUP,
    kind: resource,
  });

export const notThere = (kind: string, name: string): StatusError =>
  new StatusError(404, "NotFound", `${kind} ${JSON.stringify(name)} not found`, { name, kind });

export const noSuchPath = (): StatusError =>
  new StatusError(404, "NotFound", "the server could not find the requested resource", {});

export const notAllowed = (): StatusError =>
  new StatusError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});

export const notWatched = (resource: string): StatusError =>
  new StatusError(405, "MethodNotAllowed", `watch is not supported on resources of kind "${resource}.${GROUP}"`, {
    group: GROUP,
    kind: resource,
  });
