/** Where numbers of background processes begin; 1 is the container's first process. */
const FIRST_PID = 2;

interface Job {
  readonly code: Promise<number>;
  readonly kill: AbortController;
  isOver: boolean;
}

/** The background processes of one shell, by their numbers. */
export class Jobs {
  readonly #jobs = new Map<number, Job>();
  #next = FIRST_PID;

  /** The number of the one started last (`$!`), undefined before there is one. */
  get last(): number | undefined {
    return this.#next > FIRST_PID ? this.#next - 1 : undefined;
  }

  /** @param run resolves to the exit code; its signal is aborted, with the number of a signal, when it is killed */
  start(run: (signal: AbortSignal) => Promise<number>): void {
    const kill = new AbortController();
    const job: Job = { code: run(kill.signal).finally(() => (job.isOver = true)), kill, isOver: false };
    this.#jobs.set(this.#next++, job);
  }

  /** Sends a signal. @returns false when there is no such process, or no more */
  kill(pid: number, signal: number): boolean {
    const job = this.#jobs.get(pid);
    if (!job || job.isOver) return false;
    if (signal > 0) job.kill.abort(signal);
    return true;
  }

  /** Waits for one. @returns its exit code, 127 when the shell never had it */
  async wait(pid: number): Promise<number> {
    const code = await (this.#jobs.get(pid)?.code ?? 127);
    this.#jobs.delete(pid);
    return code;
  }

  /** Waits for all there are. */
  async waitAll(): Promise<void> {
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    await Promise.all(jobs.map(({ code }) => code));
  }

  /** Takes over what another shell has started. */
  adopt(others: Jobs): void {
    for (const job of others.#jobs.values()) this.#jobs.set(this.#next++, job);
  }
}
