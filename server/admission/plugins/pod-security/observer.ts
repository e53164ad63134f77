import type { AdmissionAttributes } from "../../plugin.ts";
import type { LevelVersion } from "./policy.ts";

export type Request = Pick<AdmissionAttributes, "operation" | "resource" | "subresource">;

/** What one level said of a Pod. */
export interface Evaluation {
  readonly decision: "allow" | "deny";
  readonly policy: LevelVersion;
  readonly mode: "enforce" | "audit" | "warn";
}

/** Is told of decisions: for metrics. */
export interface PodSecurityObserver {
  evaluated(evaluation: Evaluation, request: Request): void;
  /** @param isFatal whether nothing could be evaluated */
  failed(isFatal: boolean, request: Request): void;
}
