import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from "../../openapi/api/apiextensions.k8s.io.v1.ts";
import { compareVersions } from "../meta/kube-version.ts";

/** What each answer of a deprecated version warns of. (customresource_handler.go defaultDeprecationWarning) */
export function deprecationWarning(
  { name, deprecated, deprecationWarning: own }: CustomResourceDefinitionVersion,
  { spec }: Readonly<CustomResourceDefinition>,
): string | undefined {
  if (!deprecated) return undefined;
  if (own !== undefined) return own;
  const { group, names, versions = [] } = spec;
  const better = versions
    .filter((version) => version.served && !version.deprecated && compareVersions(version.name, name) < 0)
    .map((version) => version.name)
    .sort(compareVersions);
  const advice = better.length > 0 ? `; use ${group}/${better[0]} ${names.kind}` : "";
  return `${group}/${name} ${names.kind} is deprecated${advice}`;
}
