import { MAX_SCORE, type Plugin } from "../framework.ts";

const NAME = "ImageLocality";
/** Sizes in bytes between which the score grows, per container for the upper one. */
const MIN = 23 * 1024 * 1024;
const MAX_PER_CONTAINER = 1000 * 1024 * 1024;

/** As container runtimes report names: with a tag. */
const normalized = (image: string) => (/[:@][^/]*$/.test(image) ? image : `${image}:latest`);

/** Likes nodes that have the images already, the more the larger they are. (framework/plugins/imagelocality) */
export const imageLocality: Plugin = {
  name: NAME,
  weight: 1,
  retryOn: [],
  score({ pod, nodes, state }, node) {
    let spread = state.get(NAME) as Map<string, number> | undefined;
    if (!spread) {
      spread = new Map();
      for (const { node: other } of nodes.values()) {
        for (const name of new Set((other.status?.images ?? []).flatMap(({ names }) => names ?? []))) {
          spread.set(name, (spread.get(name) ?? 0) + 1);
        }
      }
      state.set(NAME, spread);
    }
    const containers = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])];
    let sum = 0;
    for (const { image = "" } of containers) {
      const wanted = normalized(image);
      const here = node.node.status?.images?.find(({ names }) => names?.includes(wanted));
      // A size counts by the share of nodes that have the image, lest one node becomes the home of all its Pods.
      if (here) sum += Math.floor(((here.sizeBytes ?? 0) * (spread.get(wanted) ?? 0)) / nodes.size);
    }
    const max = MAX_PER_CONTAINER * containers.length;
    return Math.floor((MAX_SCORE * (Math.min(Math.max(sum, MIN), max) - MIN)) / (max - MIN));
  },
};
