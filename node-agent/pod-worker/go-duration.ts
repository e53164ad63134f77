/** As Go prints a duration of whole milliseconds: `0s`, `33ms`, `1.5s`, `2m40s`. */
export const goDuration = (ms: number) => {
  if (ms > 0 && ms < 1000) return `${ms}ms`;
  return ms < 60_000 ? `${ms / 1000}s` : `${Math.floor(ms / 60_000)}m${(ms % 60_000) / 1000}s`;
};
