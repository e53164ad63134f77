export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Says in an error what went wrong. @throws Error */
export async function named(what: string, work: Promise<void> | undefined): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw new Error(`running ${what}: ${textOf(error)}`, { cause: error });
  }
}
