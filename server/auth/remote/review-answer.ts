import { syntaxErrorOf } from "../../../openapi/json-tree.ts";
import { goQuote } from "../../meta/go-quote.ts";
import { isMembers, type Members } from "../../meta/members.ts";

/** A webhook could not be asked, or answered what is none. */
export class ReviewError extends Error {
  /** It may be another time: a connection broke, or the server is busy. (DefaultShouldRetry) */
  readonly retry: boolean;
  constructor(message: string, retry = false) {
    super(message);
    this.retry = retry;
  }
}

export interface ReviewAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: boolean;
  readonly body: string;
}

const WITHOUT_MORE: Readonly<Record<number, string>> = {
  400: "the server rejected our request for an unknown reason",
  401: "the server has asked for the client to provide credentials",
  404: "the server could not find the requested resource",
  405: "the server does not allow this method on the requested resource",
  409: "the server reported a conflict",
  422: "the server rejected our request due to an error in our request",
  429: "the server has received too many requests and has asked us to try again later",
  503: "the server is currently unable to handle the request",
  504: "the server was unable to return a response in the time allotted, but may still be processing the request",
};
/** Codes after which it is tried again, with or without a word about when. */
const isTransient = (status: number) => status === 429 || (status >= 500 && status !== 503);
/** By what a Status says of itself. */
const TRANSIENT_REASONS = ["InternalError", "Timeout", "TooManyRequests"];

/**
 * The review that an answer holds. What says nothing of its kind is of the one that was asked for.
 * @throws ReviewError in the words of client-go (rest/request.go, api/errors NewGenericServerResponse)
 */
export function reviewIn(
  answer: ReviewAnswer,
  wanted: { readonly apiVersion: string; readonly kind: string },
): Members {
  const { status, contentType, body, retryAfter } = answer;
  const value = parsed(body);
  if (value?.kind === "Status" && value.status !== "Success") {
    const reason = String(value.reason ?? "");
    throw new ReviewError(String(value.message ?? "unknown"), retryAfter || TRANSIENT_REASONS.includes(reason));
  }
  if (status < 200 || status > 206) throw new ReviewError(refusal(status, body), retryAfter || isTransient(status));
  if (!body) throw new ReviewError(`0-length response with status code: ${status} and content type: ${contentType}`);
  if (!value) {
    const problem = syntaxErrorOf(body) || "json: cannot unmarshal into an object";
    throw new ReviewError(`couldn't get version/kind; json parse error: ${problem}`);
  }
  const { apiVersion = wanted.apiVersion, kind = wanted.kind } = value;
  if (apiVersion !== wanted.apiVersion || kind !== wanted.kind) {
    const [texts, scheme] = [[kind, apiVersion].map((each) => goQuote(String(each))), SCHEME];
    throw new ReviewError(`no kind ${texts[0]} is registered for version ${texts[1]} in scheme ${goQuote(scheme)}`);
  }
  return value;
}

const SCHEME = "k8s.io/client-go/kubernetes/scheme/register.go:82";

function parsed(body: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isMembers(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function refusal(status: number, body: string): string {
  const known = WITHOUT_MORE[status];
  if (known) return known;
  if (status === 403 || status === 406 || status === 415) return body.trim() || "unknown";
  if (status >= 500)
    return `an error on the server (${goQuote(body.trim() || "unknown")}) has prevented the request from succeeding`;
  return `the server responded with the status code ${status} but did not return more information`;
}
