import { expect, test } from "vitest";
import { csiDriver } from "./csi-driver.ts";
import { csiNode } from "./csi-node.ts";
import { csiStorageCapacity } from "./csi-storage-capacity.ts";
import { storageClass } from "./storage-class.ts";
import { volumeAttachment } from "./volume-attachment.ts";
import { volumeAttributesClass } from "./volume-attributes-class.ts";

// Validation of these kinds reads nothing of the request.
const context = {} as never;
const definitions = { csiDriver, csiNode, csiStorageCapacity, storageClass, volumeAttachment, volumeAttributesClass };
const topology = (values: string[]) => ({ matchLabelExpressions: [{ key: "zone", values }] });
const provisioner = "example.com/p";
const attachment = (source: object) => ({ spec: { attacher: "csi.example.com", nodeName: "n", source } });

test.each<[keyof typeof definitions, object, string[]]>([
  ["storageClass", { provisioner }, []],
  ["storageClass", {}, ["provisioner: Required value"]],
  [
    "storageClass",
    { provisioner, reclaimPolicy: "Recycle" },
    ['reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"'],
  ],
  [
    "storageClass",
    { provisioner, allowedTopologies: [topology(["a", "b"]), topology(["b", "a"])] },
    ['allowedTopologies[1].matchLabelExpressions: Duplicate value: ""'],
  ],
  [
    "storageClass",
    { provisioner, volumeBindingMode: "" },
    ['volumeBindingMode: Unsupported value: "": supported values: "Immediate", "WaitForFirstConsumer"'],
  ],
  [
    "storageClass",
    { provisioner, allowedTopologies: [topology([])] },
    ["allowedTopologies[0].matchLabelExpressions[0].values: Required value"],
  ],
  [
    "storageClass", // upstream finds an empty term to be like others that are not there
    { provisioner, allowedTopologies: [{}] },
    ['allowedTopologies[0].matchLabelExpressions: Duplicate value: ""'],
  ],
  ["volumeAttachment", attachment({ persistentVolumeName: "pv" }), []],
  [
    "volumeAttachment",
    attachment({ inlineVolumeSpec: { accessModes: ["ReadWriteOnce"], hostPath: { path: "/x" } } }),
    ["spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes"],
  ],
  [
    "volumeAttachment",
    attachment({
      inlineVolumeSpec: { accessModes: ["ReadWriteOnce"], local: { path: "/x" }, nodeAffinity: { required: {} } },
    }),
    [
      "csi: Required value: has to be specified in the context of inline volumes",
      "nodeAffinity: Forbidden: may not be specified in the context of inline volumes",
      "nodeAffinity: Required value: Local volume requires node affinity",
    ].map((text) => `spec.source.inlineVolumeSpec.${text}`),
  ],
  ["csiDriver", { spec: {} }, []],
  [
    "csiDriver",
    { spec: { tokenRequests: [{ audience: "" }, { audience: "" }], nodeAllocatableUpdatePeriodSeconds: 9 } },
    [
      'spec.tokenRequests[1].audience: Duplicate value: ""',
      "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds",
    ],
  ],
  ["csiNode", { spec: { drivers: [{ name: "A.example", nodeID: "" }] } }, ["spec.drivers[0].nodeID: Required value"]],
  [
    "csiStorageCapacity",
    { storageClassName: "sc", capacity: "-1" },
    ['capacity: Invalid value: "-1": must be greater than or equal to 0'],
  ],
  [
    "volumeAttributesClass",
    { driverName: "csi.example.com" },
    ["parameters: Required value: must contain at least one key/value pair"],
  ],
])("%s with %j is judged", (kind, fields, expected) => {
  const definition = definitions[kind];
  const object = { metadata: { name: "m" }, ...fields } as never; // as decoding would leave it
  definition.defaults?.(object);
  expect(definition.validate?.(object, context).map((error) => error.message())).toEqual(expected);
});

test("a CSINode's driver may change how many volumes fit, and nothing else", () => {
  const make = (more: object) => ({ metadata: {}, spec: { drivers: [{ name: "a", nodeID: "x", ...more }] } });
  const update = (more: object) => csiNode.validateUpdate?.(make(more), make({}), context);
  expect(update({ allocatable: { count: 3 } })).toEqual([]);
  expect(update({ nodeID: "y" })?.map(({ field, detail }) => [field, detail])).toEqual([
    ["spec.drivers", "field is immutable"],
  ]);
});
