import { type FieldError, fieldDuplicate, fieldTooMany } from "../../meta/field-error.ts";

/** Items, at most so many. (pkg/apis/resource/validation validateSlice) */
export function validateList<T>(
  items: readonly T[] | undefined,
  max: number,
  check: (item: T, field: string) => FieldError[],
  field: string,
): FieldError[] {
  const list = items ?? [];
  if (list.length > max) return [fieldTooMany(field, list.length, max)];
  return list.flatMap((item, index) => check(item, `${field}[${index}]`));
}

/** As validateList, and no key twice. (validateSet) */
export function validateSet<T>(
  items: readonly T[] | undefined,
  max: number,
  {
    check,
    key,
    show = key,
  }: {
    check: (item: T, field: string) => FieldError[];
    key: (item: T) => string;
    /** What upstream prints of a key that is not text. */
    show?: (item: T) => unknown;
  },
  field: string,
): FieldError[] {
  const list = items ?? [];
  const errors = validateList(list, max, check, field);
  if (list.length > max) return errors;
  const keys = list.map(key);
  return [
    ...errors,
    ...list.flatMap((item, index) =>
      keys.indexOf(keys[index] ?? "") < index ? [fieldDuplicate(`${field}[${index}]`, show(item))] : [],
    ),
  ];
}

/** Keys that are too long are cut in the middle in paths. (truncateIfTooLong) */
export function keyPath(field: string, key: string, max: number): string {
  if (key.length <= max) return `${field}[${key}]`;
  const rest = max - 3;
  return `${field}[${key.slice(0, Math.floor((rest + 1) / 2))}...${key.slice(key.length - Math.floor(rest / 2))}]`;
}
