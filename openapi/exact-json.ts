/**
 * JSON whose integers keep all their digits. What a double cannot hold becomes a bigint, so that an int64 leaves the
 * server as it came; all other numbers stay numbers, and bigints are never small, so `===` still tells equal values.
 */
// Proposal "JSON.parse source text access", in every Node that we run on but not yet in TypeScript's library.
declare global {
  interface JSON {
    rawJSON(text: string): object;
  }
  interface BigInt {
    toJSON(): object;
  }
}

// For all that prints JSON in this process: without it JSON.stringify throws at the first bigint it meets.
Object.defineProperty(BigInt.prototype, "toJSON", {
  value(this: bigint) {
    return JSON.rawJSON(String(this));
  },
});

/** More digits in a row than every double holds. */
const LONG = /[0-9]{16}/;
const INTEGER = /^-?[0-9]+$/;
const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;

/** JSON.parse, but for integers beyond 2^53 that fit into an int64. @throws SyntaxError */
export function parseJson(text: string): unknown {
  return LONG.test(text) ? JSON.parse(text, exactly) : JSON.parse(text);
}

function exactly(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  return context?.source === undefined ? value : numberOf(context.source);
}

/** The value of a JSON number: as Go's int64 when it is one, else as a double. */
export function numberOf(text: string): number | bigint {
  const value = Number(text);
  if (Number.isSafeInteger(value) || !INTEGER.test(text)) return value;
  const exact = BigInt(text);
  return exact >= LEAST && exact <= MOST ? exact : value;
}

/** Numbers as Go prints them, which is as JavaScript does. */
export function numberText(value: number | bigint): string {
  return Object.is(value, -0) ? "0" : String(value);
}

/**
 * A number inside a patch that is written otherwise than Go would print it (1e3, 2.0, more digits than a type holds):
 * JSON patches and merge patches carry texts, and it is the text that the type then takes or refuses.
 */
export class NumberText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): object {
    return JSON.rawJSON(this.text);
  }
}
