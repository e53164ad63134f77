/** Is told how long the rules of custom resources take. (apiserver/pkg/cel/metrics) */
export interface RuleObserver {
  /** @returns seconds since some moment */
  clock(): number;
  /** The rules of one schema, those below it apart. */
  compiled(seconds: number): void;
  /** The rules of one value, those of all within it included. */
  evaluated(seconds: number): void;
}
