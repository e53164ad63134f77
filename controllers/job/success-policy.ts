import type { Job } from "../../openapi/api/batch.v1.ts";
import { parseIndexes } from "./indexes.ts";

/** What the first met rule of spec.successPolicy says. Follows pkg/controller/job/success_policy.go. */
export function metSuccessRule({ spec }: Readonly<Job>, succeeded: ReadonlySet<number>): string | undefined {
  if (!succeeded.size) return undefined;
  const index = spec.successPolicy?.rules?.findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && succeeded.size >= succeededCount;
    const wanted = parseIndexes(succeededIndexes, spec.completions);
    const reached = [...wanted].filter((i) => succeeded.has(i)).length;
    return wanted.size > 0 && (reached === wanted.size || (succeededCount !== undefined && reached >= succeededCount));
  });
  return index === undefined || index < 0 ? undefined : `Matched rules at index ${index}`;
}
