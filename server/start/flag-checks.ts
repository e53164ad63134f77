import { selectionProblems } from "../admission/plugins.ts";
import { durationMilliseconds } from "../meta/duration.ts";
import { firstServiceAddress } from "./service-range.ts";

/** What the API server's flags are checked with, for a command line that knows nothing of its inside. */
export const flagChecks = { pluginSelectionProblems: selectionProblems, durationMilliseconds, firstServiceAddress };
