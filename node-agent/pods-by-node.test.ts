import { expect, test } from "vitest";
import { type ChangeHandler, type Informer, ObjectStore } from "../client/index.ts";
import type { Pod } from "../openapi/api/core.v1.ts";
import { podsByNode } from "./pods-by-node.ts";

const pod = (name: string, nodeName: string) =>
  ({ metadata: { name, namespace: "ns", uid: name }, spec: { nodeName } }) as Pod; // no more is looked at

test("a node hears of its own Pods, and first of those there are", () => {
  const store = new ObjectStore<Pod>();
  let shared: ChangeHandler<Pod> = {};
  const informer: Pick<Informer<Pod>, "addHandler" | "addIndex" | "lister"> = {
    lister: store,
    addIndex: (name, values) => store.addIndex(name, values),
    addHandler: (handler) => {
      shared = handler;
    },
  };
  store.set(pod("old", "a"));
  store.set(pod("other", "b"));
  const heard: string[] = [];
  podsByNode(informer)("a").addHandler({
    added: ({ metadata }) => heard.push(`added ${metadata.name}`),
    updated: ({ metadata }) => heard.push(`updated ${metadata.name}`),
    deleted: ({ metadata }) => heard.push(`deleted ${metadata.name}`),
  });
  for (const node of ["a", "b", "c"]) {
    const one = pod(`new-${node}`, node);
    shared.added?.(one);
    shared.updated?.(one, one);
    shared.deleted?.(one);
  }
  expect(heard).toEqual(["added old", "added new-a", "updated new-a", "deleted new-a"]);
});
