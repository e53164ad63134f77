/** A parsed label selector. */
export interface LabelSelector {
  readonly empty: boolean;
  matches(labels: Readonly<Record<string, string>> | undefined): boolean;
  /** Canonical text, as upstream prints it. */
  toString(): string;
}

/** A parsed field selector; the fields of an object are given as label → value. */
export interface FieldSelector {
  readonly empty: boolean;
  readonly requirements: readonly { readonly field: string; readonly operator: "=" | "!="; readonly value: string }[];
  matches(fields: Readonly<Record<string, string>>): boolean;
  toString(): string;
}
