import { addressLibrary } from "./library/addresses.ts";
import { authorizerLibrary } from "./library/authorizer.ts";
import { formatLibrary } from "./library/format.ts";
import { listsLibrary } from "./library/lists.ts";
import { quantityLibrary } from "./library/quantity.ts";
import { regexLibrary } from "./library/regex.ts";
import { semverLibrary } from "./library/semver.ts";
import { standardLibrary } from "./library/standard.ts";
import { stringsLibrary } from "./library/strings.ts";
import { timeLibrary } from "./library/time.ts";
import { urlLibrary } from "./library/url.ts";
import type { Overload } from "./overload.ts";

/** All that Kubernetes 1.36 declares to expressions. (apiserver/pkg/cel/environment/base.go) */
export const FUNCTIONS: ReadonlyMap<string, readonly Overload[]> = byName([
  ...standardLibrary,
  ...timeLibrary,
  ...regexLibrary,
  ...stringsLibrary,
  ...listsLibrary,
  ...addressLibrary,
  ...quantityLibrary,
  ...semverLibrary,
  ...urlLibrary,
  ...formatLibrary,
  ...authorizerLibrary,
]);

function byName(overloads: readonly Overload[]): Map<string, Overload[]> {
  const functions = new Map<string, Overload[]>();
  for (const overload of overloads) {
    const known = functions.get(overload.name);
    if (known) known.push(overload);
    else functions.set(overload.name, [overload]);
  }
  return functions;
}
