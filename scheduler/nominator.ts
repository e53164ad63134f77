import type { Pod } from "../openapi/api/core.v1.ts";

const NOBODY: readonly Pod[] = [];

/** Which Pods are promised which node, because others make room for them there. (backend/queue/nominator.go) */
export class Nominator {
  readonly #byNode = new Map<string, Map<string, Pod>>();
  readonly #nodeOf = new Map<string, string>();

  on(node: string): readonly Pod[] {
    const pods = this.#byNode.get(node);
    return pods ? [...pods.values()] : NOBODY;
  }

  /** @param node "" or undefined takes the promise back */
  set(pod: Pod, node: string | undefined): void {
    const uid = pod.metadata.uid ?? "";
    this.delete(uid);
    if (!node) return;
    this.#nodeOf.set(uid, node);
    const pods = this.#byNode.get(node);
    if (pods) pods.set(uid, pod);
    else this.#byNode.set(node, new Map([[uid, pod]]));
  }

  delete(uid: string): void {
    const node = this.#nodeOf.get(uid);
    if (node === undefined) return;
    this.#nodeOf.delete(uid);
    const pods = this.#byNode.get(node);
    pods?.delete(uid);
    if (!pods?.size) this.#byNode.delete(node);
  }
}
