import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { PersistentVolume } from "../../openapi/api/core.v1.ts";
import { foldersOf } from "./claim-folders.ts";

const folder = mkdtempSync(join(tmpdir(), "inkube-claims-"));
for (const node of ["node-a", "node-b"]) mkdirSync(join(folder, node), { recursive: true });
mkdirSync(join(folder, "node-b", "volumes", "pvc-1"), { recursive: true });
afterAll(() => rmSync(folder, { recursive: true }));

const ROOT = "/var/lib/inkube/volumes";
const volume = (more: { path?: string; policy?: string; by?: string; name?: string }) =>
  ({
    metadata: {
      name: more.name ?? "pvc-1",
      annotations: { "pv.kubernetes.io/provisioned-by": more.by ?? "inkube.dev/simulated" },
    },
    spec: {
      hostPath: { path: more.path ?? `${ROOT}/pvc-1` },
      persistentVolumeReclaimPolicy: more.policy ?? "Delete",
    },
  }) as unknown as PersistentVolume; // no more of it is looked at

test.each([
  ["one of a claim", {}, [join(folder, "node-b", "volumes", "pvc-1")]],
  ["one to be retained", { policy: "Retain" }, []],
  ["somebody else's", { by: "example.com/disks" }, []],
  ["one that is elsewhere", { path: "/etc" }, []],
  ["one with another's place", { name: "pvc-2" }, []],
  ["one that no node had", { name: "pvc-3", path: `${ROOT}/pvc-3` }, []],
])("of a volume that is gone, %s, folders go as they should", (_what, more, expected) => {
  expect(foldersOf(volume(more), folder)).toEqual(expected);
});
