/** A scalar, a message by name, or a list of either. */
export type Type = string | readonly [string];

/** A message: its fields by JSON name, where other keys go, and where x-… keys go. */
export interface Message {
  readonly fields?: Readonly<Record<string, readonly [tag: number, type: Type]>>;
  /** Keys that are data (names of properties, paths): repeated pairs of name and value. */
  readonly others?: readonly [tag: number, type: Type];
  readonly extensions?: number;
}

/** A message that holds one of several things; undefined leaves it out. */
export type Choice = (value: unknown) => readonly [tag: number, type: Type] | undefined;
export type Messages = Readonly<Record<string, Message | Choice>>;

/** Whether it is an object with such a key. */
const has = (key: string) => (value: unknown) => typeof value === "object" && value !== null && key in value;
export const isReference = has("$ref");
export const member = (value: unknown, key: string): unknown => (value as Record<string, unknown>)[key]; // of a document we made

/** The fields that check values, which both versions number in this order. */
export const SCHEMA_NUMBERS = (first: number) =>
  ["multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern"]
    .concat(["maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties"])
    .reduce<Record<string, readonly [number, Type]>>((fields, key, index) => {
      const type =
        key === "pattern"
          ? "string"
          : /^exclusive|^unique/.test(key)
            ? "bool"
            : /^m[a-z]+(Length|Items|Properties)$/.test(key)
              ? "int64"
              : "double";
      fields[key] = [first + index, type];
      return fields;
    }, {});

/** The methods of a path, by the numbers that a version gives them. */
export const OPERATIONS = (numbers: readonly number[]) =>
  Object.fromEntries(
    ["get", "put", "post", "delete", "options", "head", "patch"].map((method, index) => [
      method,
      [numbers[index] ?? 0, "Operation"] as const,
    ]),
  );
