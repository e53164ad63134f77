import { listerOf } from "../../client/index.ts";
import type { Devices } from "../framework.ts";
import { Claims } from "./claims.ts";

/** For tests that have nothing to do with devices. */
export const noDevices: Devices = {
  claims: new Claims(listerOf([])),
  slices: () => [],
  deviceClass: () => undefined,
  classOfResource: () => undefined,
  compileSelector: () => () => true,
  newShareId: () => "share",
  now: () => new Date(0),
};
