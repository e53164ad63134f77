import type { Pod } from "../../../openapi/api/core.v1.ts";
import { StatusError } from "../../meta/errors.ts";
import { fieldNotSupported } from "../../meta/field-error.ts";
import { aggregateMessages } from "../aggregate.ts";
import { forbidden } from "../forbidden.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../plugin.ts";
import { allContainers } from "../pod-containers.ts";

const SUPPORTED = ["Always"];

/** Sets `imagePullPolicy: Always` where an image is new. Off by default. (plugin/pkg/admission/alwayspullimages) */
export const alwaysPullImages: AdmissionPlugin<Pod> = {
  name: "AlwaysPullImages",
  resources: ["pods"],
  operations: ["CREATE", "UPDATE"],
  admit(attributes) {
    const { object: pod } = attributes;
    if (!pod || isIgnored(attributes)) return;
    for (const container of allContainers(pod.spec)) container.imagePullPolicy = "Always";
    for (const { image } of pod.spec.volumes ?? []) if (image) image.pullPolicy = "Always";
  },
  validate(attributes) {
    const { object: pod } = attributes;
    if (!pod || isIgnored(attributes)) return;
    const problems = [...containerProblems(pod), ...volumeProblems(pod)];
    const [first] = problems;
    if (!first) return;
    const texts = problems.map((problem) => forbidden(attributes, problem).message);
    // Several of them make a plain error upstream, which is answered with 500 and no reason.
    throw texts.length === 1 ? forbidden(attributes, first) : new StatusError(500, "", aggregateMessages(texts));
  },
};

function containerProblems({ spec }: Pod): string[] {
  const lists = ["initContainers", "containers", "ephemeralContainers"] as const;
  return lists.flatMap((list) =>
    (spec[list] ?? []).flatMap(({ imagePullPolicy = "" }, index) => {
      if (imagePullPolicy === "Always") return [];
      return [fieldNotSupported(`spec.${list}[${index}].imagePullPolicy`, imagePullPolicy, SUPPORTED).message()];
    }),
  );
}

function volumeProblems({ spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ image }, index) => {
    if (!image || image.pullPolicy === "Always") return [];
    const field = `spec.volumes[${index}].image.pullPolicy`;
    return [fieldNotSupported(field, image.pullPolicy ?? "", SUPPORTED).message()];
  });
}

function isIgnored({ subresource, operation, object, oldObject }: AdmissionAttributes<Pod>): boolean {
  if (subresource !== "" && subresource !== "ephemeralcontainers") return true;
  if (operation !== "UPDATE" || !object || !oldObject) return false;
  const known = new Set(allContainers(oldObject.spec).map(({ image }) => image));
  return allContainers(object.spec).every(({ image }) => known.has(image));
}
