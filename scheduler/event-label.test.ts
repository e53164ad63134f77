import { expect, test } from "vitest";
import { eventLabel } from "./event-label.ts";
import type { ClusterEvent } from "./framework.ts";

test.each<[ClusterEvent, unknown, boolean, string]>([
  ["node/add", undefined, false, "NodeAdd"],
  ["node/taints", {}, false, "NodeUpdateNodeTaint"],
  ["pod/delete", {}, false, "AssignedPodDelete"],
  ["pod/scale-down", {}, false, "AssignedPodUpdatePodScaleDown"],
  ["pod/gates", {}, true, "UnschedulablePodUpdatePodSchedulingGatesEliminated"],
  ["persistentvolumeclaim/update", {}, false, "PersistentVolumeClaimUpdate"],
  ["storageclass/change", undefined, false, "storage.k8s.io/StorageClassAdd"],
  ["resourceclaim/change", {}, false, "resource.k8s.io/ResourceClaimUpdate"],
])("%s after %j of the Pod itself: %j is told as %s", (event, old, isOwn, label) => {
  expect(eventLabel(event, { old }, isOwn)).toBe(label);
});
