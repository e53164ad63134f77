import { readFacts } from "../types.ts";

/** Of servers that stand before and behind the one whose scheme custom resources are documented with. */
const OF_OTHERS = ["admission.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "imagepolicy.k8s.io"];

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** All that upstream's scheme has, served or not: in some documents DeleteOptions and its like are of each. */
export function schemeVersions(): GroupVersion[] {
  const groups = readFacts("scheme-versions") as Readonly<Record<string, readonly string[]>>; // our own file
  return Object.entries(groups).flatMap(([group, versions]) => versions.map((version) => ({ group, version })));
}

/** The same for documents of custom resources. */
export const customSchemeVersions = (): GroupVersion[] =>
  schemeVersions().filter(({ group }) => !OF_OTHERS.includes(group));
