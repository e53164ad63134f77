import type { Supervised } from "./supervisor.ts";

/** What one component cannot do, others cannot either, hardly later: so many ms are waited for their words. */
const OTHERS = 1_000;

/**
 * Waits until all components have been ready.
 *
 * @param limit ms
 * @throws Error with a line for each that cannot start, or has not within the limit
 */
export async function allReady(
  components: readonly Pick<Supervised, "name" | "ready">[],
  limit: number,
): Promise<void> {
  const failures: string[] = [];
  const waiting = new Set(components);
  let timer: NodeJS.Timeout | undefined;
  const after = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      clearTimeout(timer);
      timer = setTimeout(resolve, milliseconds);
    });
  const { promise: failed, resolve: fail } = Promise.withResolvers<void>();
  const all = Promise.all(
    components.map(async (component) => {
      try {
        await component.ready;
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
        fail();
      }
      waiting.delete(component);
    }),
  );
  await Promise.race([all, failed, after(limit)]);
  if (failures.length > 0) await Promise.race([all, after(OTHERS)]);
  else for (const { name } of waiting) failures.push(`${name} not ready after ${limit / 1000} s`);
  clearTimeout(timer);
  if (failures.length > 0) throw new Error(failures.join("\n"));
}
