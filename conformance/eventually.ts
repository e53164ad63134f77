const INTERVAL = 50;

/** Looks again and again until `look` no longer throws. @throws its last error, after `milliseconds`. */
export async function eventually<T>(look: () => T | Promise<T>, milliseconds = 20_000): Promise<T> {
  const end = performance.now() + milliseconds;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    }
  }
}
