import { decodeJson } from "../../../openapi/decode.ts";
import { DecodeError } from "../../../openapi/json-tree.ts";
import type { Field, Schema } from "../../../openapi/schema.ts";
import type { Status } from "../../meta/errors.ts";
import { badRequest, StatusError } from "../../meta/errors.ts";

/** Where the next page begins. */
export interface Continue {
  /** The full key after which it begins. */
  readonly after: string;
  /** The revision of the first page; negative = whatever is newest. */
  readonly revision: number;
}

/** What the token holds, base64url-encoded. Clients never look inside, but tokens outlive a server's version. */
interface Token {
  readonly v: string;
  readonly rv: number;
  readonly start: string;
}

const field = (name: string, type: "string" | "int64"): [string, Field] => [
  name,
  { name, schema: { type }, pointer: false, always: false, required: false },
];
const TOKEN: Schema = {
  type: "object",
  name: "storage.continueToken",
  fields: new Map([field("v", "string"), field("rv", "int64"), field("start", "string")]),
};

/** (apiserver/pkg/storage/continue.go) */
export function encodeContinue(lastKey: string, prefix: string, revision: number): string {
  const token: Token = { v: "meta.k8s.io/v1", rv: revision, start: `${lastKey.slice(prefix.length)}\u0000` };
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

/** @throws StatusError 400 */
export function decodeContinue(text: string, prefix: string): Continue {
  const token = parse(text);
  if (token.v !== "meta.k8s.io/v1") {
    throw refuse(`continue key is not valid: server does not recognize this encoded version ${token.v}`);
  }
  if (token.rv === 0) {
    throw refuse("continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  }
  if (!token.start) throw refuse("continue key is not valid: encoded start key empty (version meta.k8s.io/v1)");
  // Nothing in it may lead out of the prefix.
  const segments = token.start.replace(/^\//, "").split("/");
  const last = segments.length - 1;
  const isClean = segments.every((segment, i) => segment !== "." && segment !== ".." && (segment !== "" || i === last));
  if (!isClean || segments[last] === "") throw refuse(`continue key is not valid: ${token.start}`);
  // The token begins after its key by the smallest step; our storage takes the key itself, exclusively.
  const start = segments.join("/");
  const after = start.endsWith("\u0000") ? start.slice(0, -1) : before(start);
  return { after: prefix + after, revision: token.rv };
}

/** A key that sorts just before another one, for tokens that were not made here. */
function before(key: string): string {
  const last = key.charCodeAt(key.length - 1);
  return `${key.slice(0, -1)}${String.fromCharCode(last - 1)}\u{10ffff}`;
}

function parse(text: string): Token {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) {
    const at = text.search(/[^A-Za-z0-9_-]/);
    throw refuse(`continue key is not valid: illegal base64 data at input byte ${at}`);
  }
  // One character says less than a byte.
  if (text.length % 4 === 1) {
    throw refuse(`continue key is not valid: illegal base64 data at input byte ${text.length - 1}`);
  }
  try {
    const { value } = decodeJson<Partial<Token>>(Buffer.from(text, "base64url"), TOKEN, "Ignore");
    const { v = "", rv = 0, start = "" } = value;
    return { v, rv, start };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw refuse(`continue key is not valid: ${error.message}`);
  }
}

function refuse(message: string): StatusError {
  return badRequest(`invalid continue token: ${message}`);
}

/** 410 for a page whose revision is compacted: the token in it leads on from the newest state. */
export class ContinueExpired extends StatusError {
  readonly #token: string;

  constructor(token: string) {
    super(
      410,
      "Expired",
      "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    );
    this.#token = token;
  }

  override toStatus(): Status {
    return { ...super.toStatus(), metadata: { continue: this.#token } };
  }
}
