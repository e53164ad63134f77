/** Several reasons at once, in Go's words: duplicates dropped, one bare, more in brackets. (apimachinery/util/errors Aggregate) */
export class AggregatedError extends Error {
  readonly reasons: readonly string[];

  constructor(errors: readonly unknown[]) {
    const reasons = [...new Set(errors.flatMap(reasonsOf))];
    super(reasons.length === 1 ? reasons[0] : `[${reasons.join(", ")}]`);
    this.name = "AggregatedError";
    this.reasons = reasons;
  }
}

function reasonsOf(error: unknown): readonly string[] {
  if (error instanceof AggregatedError) return error.reasons;
  return [error instanceof Error ? error.message : String(error)];
}
