import type { Pod } from "../../openapi/api/core.v1.ts";
import { MAX_SCORE, type Plugin } from "../framework.ts";

const NAME = "ImageLocality";
/** Sizes in bytes between which the score grows, per container for the upper one. */
const MIN = 23 * 1024 * 1024;
const MAX_PER_CONTAINER = 1000 * 1024 * 1024;

/** As container runtimes report names: with a tag. */
const normalized = (image: string) => (image.lastIndexOf(":") <= image.lastIndexOf("/") ? `${image}:latest` : image);

const containersOf = ({ spec }: Pod) => [...(spec.initContainers ?? []), ...(spec.containers ?? [])];

const imagesOf = (pod: Pod): string[] => [
  ...containersOf(pod).map(({ image }) => image ?? ""),
  ...(pod.spec.volumes ?? []).flatMap(({ image }) => image?.reference ?? []),
];

/** Likes nodes that have the images already, the more the larger they are. (framework/plugins/imagelocality) */
export const imageLocality: Plugin = {
  name: NAME,
  preScore({ pod, imageNodes, state }) {
    const wanted = imagesOf(pod).map(normalized);
    // What no node has makes no difference.
    if (!wanted.some((image) => imageNodes.has(image))) return "skip";
    state.set(NAME, wanted);
    return undefined;
  },
  score({ pod, nodes, imageNodes, state }, node) {
    let sum = 0;
    for (const image of state.get(NAME) as string[]) {
      const size = node.images.get(image);
      // A size counts by the share of nodes that have the image, lest one node becomes the home of all its Pods.
      if (size !== undefined) sum += Math.floor(size * ((imageNodes.get(image) ?? 0) / nodes.size));
    }
    const max = MAX_PER_CONTAINER * containersOf(pod).length;
    return Math.floor((MAX_SCORE * (Math.min(Math.max(sum, MIN), max) - MIN)) / (max - MIN));
  },
};
