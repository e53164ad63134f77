/** One text for several errors: duplicates dropped, more than one in brackets. (apimachinery/pkg/util/errors Aggregate) */
export function aggregateMessages(messages: readonly string[]): string {
  const unique = [...new Set(messages)];
  return unique.length === 1 ? unique[0]! : `[${unique.join(", ")}]`;
}
