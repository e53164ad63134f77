import type { Random } from "../../meta/random.ts";
import type { AdmissionChain } from "../../registry/generic/environment.ts";
import type { Dial } from "./backend.ts";
import type { KubeletOptions } from "./kubelet.ts";

/** All that the connectors are made from. */
export interface ConnectOptions extends KubeletOptions {
  readonly admission: AdmissionChain;
  readonly random: Random;
  /** Reaches the addresses of Pods. */
  readonly dialPod: Dial;
}
