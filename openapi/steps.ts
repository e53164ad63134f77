/** Long work in steps: whoever drives it may let others have their turn between two of them. */
export type Steps<T> = Generator<void, T, void>;

/** All of it at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Work that is not long. */
export function* single<T>(make: () => T): Steps<T> {
  yield;
  return make();
}
