/** A way that is only so wide: work of one kind goes on beside little of its own, in the order it came. */
export interface Lane {
  /** Settles as the work does, once its turn has come. */
  run(work: () => Promise<void>): Promise<void>;
}

/** @param width how much of the work goes on at once */
export function createLane(width: number): Lane {
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    async run(work) {
      // Who is called from the queue takes over the place of the one that ended.
      if (running < width) running++;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else running--;
      }
    },
  };
}
