#!/usr/bin/env node
/** The published `inkube`: turns on V8's compile cache before anything large is loaded, then runs the command line. */
import { enableCompileCache } from "node:module";

enableCompileCache();
const { run } = await import("./main.ts");
await run(process.argv);
