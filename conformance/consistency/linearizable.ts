/** What one client did to one register, and when by its own clock: `returned` is Infinity when no answer came. */
export interface Operation {
  readonly invoked: number;
  readonly returned: number;
  readonly did: Read | Swap;
}

interface Read {
  readonly kind: "read";
  readonly value: string;
}

/** Compare-and-set. "unknown": it may have happened, at any time after `invoked`, or never. */
interface Swap {
  readonly kind: "swap";
  readonly from: string;
  readonly to: string;
  readonly outcome: "done" | "refused" | "unknown";
}

/** Answered operations that were put in order: all below `low`, and `ahead` of it. */
interface Position {
  readonly low: number;
  readonly ahead: readonly number[];
  /** Unanswered ones that took effect. */
  readonly happened: readonly number[];
  readonly value: string;
}

/**
 * Whether there is an order of the operations that one register could have done one at a time, in which each takes
 * effect between its call and its answer. (Wing and Gong's search, with a memory of positions as Lowe added it.)
 */
export function isLinearizable(operations: readonly Operation[], initial: string): boolean {
  const byCall = operations.toSorted((a, b) => a.invoked - b.invoked);
  const answered = byCall.filter(({ returned }) => returned !== Number.POSITIVE_INFINITY);
  const unanswered = byCall.filter(({ returned }) => returned === Number.POSITIVE_INFINITY);
  const seen = new Set<string>();
  const open: Position[] = [{ low: 0, ahead: [], happened: [], value: initial }];
  for (let position = open.pop(); position; position = open.pop()) {
    const { low, ahead, happened, value } = position;
    if (low === answered.length) return true;
    const id = `${low} ${ahead} ${happened} ${value}`;
    if (seen.has(id)) continue;
    seen.add(id);
    // What was called after another one's answer comes after it: only those before the first answer can be next.
    let firstAnswer = Number.POSITIVE_INFINITY;
    const next: number[] = [];
    for (let i = low; i < answered.length && answered[i]!.invoked <= firstAnswer; i++) {
      if (ahead.includes(i)) continue;
      next.push(i);
      firstAnswer = Math.min(firstAnswer, answered[i]!.returned);
    }
    unanswered.forEach(({ invoked, did }, i) => {
      if (invoked > firstAnswer || happened.includes(i)) return;
      const after = apply(did, value);
      if (after !== undefined) open.push({ ...position, happened: [...happened, i].sort(), value: after });
    });
    for (const i of next.reverse()) {
      const after = apply(answered[i]!.did, value);
      if (after !== undefined) open.push({ ...advance(low, [...ahead, i]), happened, value: after });
    }
  }
  return false;
}

/** @returns the register's value afterwards; undefined when it could not have answered so. */
function apply(did: Read | Swap, value: string): string | undefined {
  if (did.kind === "read") return did.value === value ? value : undefined;
  if (did.outcome === "refused") return did.from === value ? undefined : value;
  return did.from === value ? did.to : undefined;
}

function advance(low: number, ahead: number[]): Pick<Position, "low" | "ahead"> {
  const rest = ahead.sort((a, b) => a - b);
  let start = low;
  while (rest[0] === start) {
    rest.shift();
    start++;
  }
  return { low: start, ahead: rest };
}
