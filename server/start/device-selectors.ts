import { compileDeviceSelector } from "../cel/device.ts";

/** The engine for expressions that choose devices, which the command line hands to the scheduler. */
export const deviceSelectors = { compile: compileDeviceSelector };
