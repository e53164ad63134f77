/** How a label selector's requirement relates key and values; the words are those of the text form. */
export type LabelOperator = "=" | "==" | "!=" | "in" | "notin" | "exists" | "!" | "gt" | "lt";

/** One condition of a label selector. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

/** A parsed label selector. */
export interface LabelSelector {
  /** Selects everything. */
  readonly empty: boolean;
  /** All must hold; undefined for the selector that selects nothing. */
  readonly requirements: readonly LabelRequirement[] | undefined;
  matches(labels: Readonly<Record<string, string>> | undefined): boolean;
  /** Canonical text, as upstream prints it. */
  toString(): string;
}

/** One condition of a field selector. */
export interface FieldRequirement {
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

/** A parsed field selector; the fields of an object are given as label → value. */
export interface FieldSelector {
  readonly empty: boolean;
  readonly requirements: readonly FieldRequirement[];
  matches(fields: Readonly<Record<string, string>>): boolean;
  toString(): string;
}
