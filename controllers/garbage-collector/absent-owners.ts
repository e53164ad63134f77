import type { OwnerReference } from "../../openapi/api/meta.k8s.io.v1.ts";

/** As upstream's cache. (garbagecollector.go NewReferenceCache) */
const MOST = 500;

/** Owners that the server was asked for and has not: a uid never comes again. The last five hundred are remembered. */
export class AbsentOwners {
  readonly #known = new Set<string>();

  has(namespace: string | undefined, owner: OwnerReference): boolean {
    return this.#known.has(keyOf(namespace, owner));
  }

  add(namespace: string | undefined, owner: OwnerReference): void {
    const key = keyOf(namespace, owner);
    this.#known.delete(key);
    this.#known.add(key);
    if (this.#known.size <= MOST) return;
    for (const oldest of this.#known) {
      this.#known.delete(oldest);
      return;
    }
  }
}

/** An object of another namespace may name the same owner, which is not there for it. */
const keyOf = (namespace = "", { apiVersion, kind, name, uid }: OwnerReference): string =>
  [namespace, apiVersion, kind, name, uid].join("\0");
