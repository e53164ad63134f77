import type { Logger } from "./logger.ts";

/** What a component has taken hold of. */
export interface Lifetime {
  /** To be called when the component stops: the last one first. */
  onStop(release: () => void | Promise<void>): void;
  /** Lets go of everything, once; a step that fails is logged and keeps no other from being taken. */
  stop(): Promise<void>;
}

export function createLifetime(logger: Logger): Lifetime {
  const releases: (() => void | Promise<void>)[] = [];
  let stopped: Promise<void> | undefined;
  async function release(): Promise<void> {
    for (const each of releases.toReversed()) {
      try {
        await each();
      } catch (error) {
        logger.warn({ err: error }, "stopping failed in part");
      }
    }
  }
  return {
    onStop(each) {
      releases.push(each);
    },
    stop() {
      stopped ??= release();
      return stopped;
    },
  };
}
