import { free, member, type Overload } from "../overload.ts";
import { fail, Opaque } from "../values.ts";

const TYPE = "kubernetes.Semver";
interface Version {
  readonly numbers: readonly number[];
  readonly pre: readonly string[];
}
const NUMBER = "(0|[1-9][0-9]*)";
const PATTERN = new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-([0-9A-Za-z.-]+))?(?:\\+([0-9A-Za-z.-]+))?$`);

function read(text: string): Version | undefined {
  const found = PATTERN.exec(text);
  if (!found) return undefined;
  const [, major, minor, patch, pre, build] = found;
  const labels = pre === undefined ? [] : pre.split(".");
  if (labels.some((label) => label === "" || /^0\d+$/.test(label)) || build?.split(".").includes("")) return undefined;
  return { numbers: [major, minor, patch].map(Number), pre: labels };
}
/** `v1.2` and `01.2.3` made complete. (normalizeAndParse) */
function normalized(text: string): Version | undefined {
  const [a = "", b, ...rest] = text.replace(/^v/, "").split(".");
  const parts = [a, ...(b === undefined ? [] : [b]), ...(rest.length > 0 ? [rest.join(".")] : [])];
  const trimmed = parts.map((part) => (part.length > 1 ? part.replace(/^0+/, "").replace(/^(?![0-9])/, "0") : part));
  if (trimmed.length < 3 && /[+-]/.test(trimmed.at(-1) ?? "")) return undefined;
  while (trimmed.length < 3) trimmed.push("0");
  return read(trimmed.join("."));
}
function compareLabels(a: string, b: string): number {
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (left && right) return Math.sign(Number(a) - Number(b));
  if (left !== right) return left ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}
/** Build metadata has no say. */
function order(a: Version, b: Version): number {
  for (const [at, number] of a.numbers.entries())
    if (number !== b.numbers[at]) return number < (b.numbers[at] ?? 0) ? -1 : 1;
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length);
  for (let at = 0; at < Math.min(a.pre.length, b.pre.length); at++) {
    const result = compareLabels(a.pre[at] ?? "", b.pre[at] ?? "");
    if (result !== 0) return result;
  }
  return Math.sign(a.pre.length - b.pre.length);
}
// The type's own constructor put a Version there.
const of = ({ value }: Opaque) => value as Version;
const parsed = (version: Version | undefined, text: string) =>
  version
    ? new Opaque(TYPE, version, (other) => order(version, other as Version) === 0)
    : fail(`invalid semantic version: ${text}`);
const choose = (text: string, normalize = false) => (normalize ? normalized(text) : read(text));
const part = (name: string, at: number) =>
  member(name, `semver_${name}`, `${TYPE} -> int`, (value: Opaque) => of(value).numbers[at] ?? 0);

/** @throws CelError */
export const semverValue = (text: string): Opaque => parsed(read(text), text);

/** Semantic versions. (apiserver/pkg/cel/library/semverlib.go) */
export const semverLibrary: readonly Overload[] = [
  free("semver", "string_to_semver", `string -> ${TYPE}`, (text: string) => parsed(choose(text), text)),
  free("semver", "string_bool_to_semver", `string, bool -> ${TYPE}`, (text: string, normalize: boolean) =>
    parsed(choose(text, normalize), text),
  ),
  free("isSemver", "is_semver_string", "string -> bool", (text: string) => Boolean(choose(text))),
  free("isSemver", "is_semver_string_bool", "string, bool -> bool", (text: string, normalize: boolean) =>
    Boolean(choose(text, normalize)),
  ),
  member(
    "isGreaterThan",
    "semver_is_greater_than",
    `${TYPE}, ${TYPE} -> bool`,
    (a: Opaque, b: Opaque) => order(of(a), of(b)) > 0,
  ),
  member(
    "isLessThan",
    "semver_is_less_than",
    `${TYPE}, ${TYPE} -> bool`,
    (a: Opaque, b: Opaque) => order(of(a), of(b)) < 0,
  ),
  member("compareTo", "semver_compare_to", `${TYPE}, ${TYPE} -> int`, (a: Opaque, b: Opaque) => order(of(a), of(b))),
  part("major", 0),
  part("minor", 1),
  part("patch", 2),
];
