import { sleep } from "../../../../client/index.ts";
import type { Process } from "../behaviour.ts";
import { Break, Continue } from "./control.ts";

/** Loops that never wait would hold up everything else in the agent: after so many turns they are slowed down. */
const FREE_TURNS = 500;
/** How long a turn of such a loop takes then, and how long a command that counts as waiting. */
export const TURN_MILLISECONDS = 20;

/** The turns of a shell's loops. */
export class Turns {
  readonly #process: Process;
  #count = 0;

  constructor(process: Process) {
    this.#process = process;
  }

  /** Runs a loop. @param turn says whether the loop is left @throws Break and Continue for loops further out */
  async of<T>(items: Iterable<T> | AsyncIterable<T>, turn: (item: T) => Promise<boolean>): Promise<void> {
    for await (const item of items) {
      if (await turn(item)) return;
      await this.#breathe();
    }
  }

  /** A command that waits by itself: the loop around it is no busy one. */
  rested(): void {
    this.#count = 0;
  }

  async #breathe(): Promise<void> {
    this.#count++;
    if (this.#count > FREE_TURNS) await sleep(this.#process.clock, TURN_MILLISECONDS, this.#process.signal);
    else await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Runs the body of a loop. @returns whether it is left @throws Break and Continue for loops further out */
export async function loopControl(body: () => Promise<void>): Promise<boolean> {
  try {
    await body();
    return false;
  } catch (error) {
    if (!(error instanceof Break || error instanceof Continue)) throw error;
    if (error.levels > 1) throw error instanceof Break ? new Break(error.levels - 1) : new Continue(error.levels - 1);
    return error instanceof Break;
  }
}
