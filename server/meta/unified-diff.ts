/** How many equal lines are shown around a difference. */
const CONTEXT = 3;
/** In texts of so many lines, those that come often are no anchors. */
const MANY_LINES = 200;

interface Match {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}

/** A stretch of both texts: equal, or the one in place of the other. Ends are exclusive. */
interface Stretch {
  readonly equal: boolean;
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
}

/**
 * The lines in which two texts differ, as a unified diff without names of files: by Ratcliff and Obershelp's longest
 * common stretches, as Python's difflib has it and Go's port of it. (k8s.io/apimachinery/pkg/util/diff)
 */
export function unifiedDiff(before: string, after: string): string {
  const [a, b] = [before.split("\n"), after.split("\n")];
  return groups(stretches(a, b))
    .map((group) => {
      const [first, last] = [group[0]!, group.at(-1)!];
      const head = `@@ -${range(first.a[0], last.a[1])} +${range(first.b[0], last.b[1])} @@\n`;
      return head + group.map((stretch) => lines(stretch, a, b)).join("");
    })
    .join("");
}

function lines({ equal, a: [a1, a2], b: [b1, b2] }: Stretch, a: readonly string[], b: readonly string[]): string {
  const marked = (mark: string, part: readonly string[]) => part.map((line) => `${mark}${line}\n`).join("");
  if (equal) return marked(" ", a.slice(a1, a2));
  return marked("-", a.slice(a1, a2)) + marked("+", b.slice(b1, b2));
}

/** Lines count from 1; an empty range is named by the line before it. */
function range(start: number, end: number): string {
  const length = end - start;
  if (length === 1) return String(start + 1);
  return `${length === 0 ? start : start + 1},${length}`;
}

/** Differences with what is around them; two that are near each other share a group. */
function groups(all: readonly Stretch[]): Stretch[][] {
  const found: Stretch[][] = [];
  let group: Stretch[] = [];
  for (const [i, stretch] of all.entries()) {
    const { equal, a, b } = stretch;
    if (!equal) {
      group.push(stretch);
      continue;
    }
    const size = a[1] - a[0];
    const isLast = i === all.length - 1;
    const head = (count: number): Stretch => ({ equal, a: [a[0], a[0] + count], b: [b[0], b[0] + count] });
    const tail = (count: number): Stretch => ({ equal, a: [a[1] - count, a[1]], b: [b[1] - count, b[1]] });
    if (i === 0) group = [tail(Math.min(size, CONTEXT))];
    else if (isLast) group.push(head(Math.min(size, CONTEXT)));
    else if (size <= 2 * CONTEXT) group.push(stretch);
    else {
      found.push([...group, head(CONTEXT)]);
      group = [tail(CONTEXT)];
    }
  }
  return group.some(({ equal }) => !equal) ? [...found, group] : found;
}

function stretches(a: readonly string[], b: readonly string[]): Stretch[] {
  const all: Stretch[] = [];
  let [i, j] = [0, 0];
  for (const match of [...matches(a, b), { a: a.length, b: b.length, size: 0 }]) {
    if (i < match.a || j < match.b) all.push({ equal: false, a: [i, match.a], b: [j, match.b] });
    [i, j] = [match.a + match.size, match.b + match.size];
    if (match.size > 0) all.push({ equal: true, a: [match.a, i], b: [match.b, j] });
  }
  return all;
}

/** Equal stretches in order, adjacent ones joined. */
function matches(a: readonly string[], b: readonly string[]): Match[] {
  const places = placesOf(b);
  const joined: Match[] = [];
  const search = (a1: number, a2: number, b1: number, b2: number): void => {
    const match = longest(a, b, places, [a1, a2, b1, b2]);
    if (match.size === 0) return;
    if (a1 < match.a && b1 < match.b) search(a1, match.a, b1, match.b);
    const last = joined.at(-1);
    if (last && last.a + last.size === match.a && last.b + last.size === match.b) {
      joined[joined.length - 1] = { ...last, size: last.size + match.size };
    } else joined.push(match);
    const [a3, b3] = [match.a + match.size, match.b + match.size];
    if (a3 < a2 && b3 < b2) search(a3, a2, b3, b2);
  };
  search(0, a.length, 0, b.length);
  return joined;
}

/** Where each line is; those that come very often are left out. */
function placesOf(b: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const [j, line] of b.entries()) {
    const known = places.get(line);
    if (known) known.push(j);
    else places.set(line, [j]);
  }
  if (b.length < MANY_LINES) return places;
  const most = Math.floor(b.length / 100) + 1;
  for (const [line, at] of places) if (at.length > most) places.delete(line);
  return places;
}

function longest(
  a: readonly string[],
  b: readonly string[],
  places: ReadonlyMap<string, readonly number[]>,
  [a1, a2, b1, b2]: readonly [number, number, number, number],
): Match {
  let best = { a: a1, b: b1, size: 0 };
  /** How long the equal lines are that end with the one before in `a` and with each of `b`. */
  let lengths = new Map<number, number>();
  for (let i = a1; i < a2; i++) {
    const next = new Map<number, number>();
    for (const j of places.get(a[i]!) ?? []) {
      if (j < b1) continue;
      if (j >= b2) break;
      const size = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
    }
    lengths = next;
  }
  // Lines that come often are taken where they touch the match.
  let { a: i, b: j, size } = best;
  while (i > a1 && j > b1 && a[i - 1] === b[j - 1]) {
    i--;
    j--;
    size++;
  }
  while (i + size < a2 && j + size < b2 && a[i + size] === b[j + size]) size++;
  return { a: i, b: j, size };
}
