import { readFileSync } from "node:fs";
import { type RequestOptions, request } from "node:https";
import { dirname, resolve } from "node:path";
import type { Members } from "../../meta/members.ts";
import { type DialError, dialErrorText } from "../../meta/network-error.ts";
import { type ReviewAnswer, ReviewError, reviewIn } from "./review-answer.ts";

/** What is posted: its answer is of the same kind. */
export interface Review {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Asks reviews of the server that a kubeconfig names. */
export interface ReviewClient {
  /** @throws ReviewError when there is no answer of the kind that was asked for within the time */
  post(review: Review): Promise<Members>;
}

export interface ReviewClientOptions {
  readonly timeoutMilliseconds: number;
  /** Runs once after so many milliseconds. */
  readonly after: (milliseconds: number, run: () => void) => void;
  /** Between 0 and 1. */
  readonly random: () => number;
}

interface Kubeconfig {
  readonly clusters?: readonly { name: string; cluster: Record<string, string> }[];
  readonly users?: readonly { name: string; user: Record<string, string> }[];
  readonly contexts?: readonly { name: string; context: { cluster: string; user?: string } }[];
  readonly "current-context"?: string;
}

const MAX_ANSWER = 1024 * 1024;
/** (server/options/authentication.go DefaultAuthWebhookRetryBackoff) */
const RETRY = { firstMilliseconds: 500, factor: 1.5, jitter: 0.2, tries: 5 };

/** A webhook's kubeconfig: server, CA, and how to show oneself. Relative paths are below the file's folder. */
export async function kubeconfigClient(path: string, options: ReviewClientOptions): Promise<ReviewClient> {
  const { parse } = await import("yaml");
  // Looked at field by field right below.
  const config = parse(readFileSync(path, "utf8")) as Kubeconfig;
  const context = config.contexts?.find(({ name }) => name === config["current-context"])?.context;
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  const user = config.users?.find(({ name }) => name === context?.user)?.user ?? {};
  if (!cluster?.server) throw new Error(`${path}: no server in the current context`);
  const data = (fields: Record<string, string>, name: string) => {
    const inline = fields[`${name}-data`];
    if (inline) return Buffer.from(inline, "base64").toString("utf8");
    return fields[name] ? readFileSync(resolve(dirname(path), fields[name]), "utf8") : undefined;
  };
  const token = user.token ?? (user.tokenFile && readFileSync(resolve(dirname(path), user.tokenFile), "utf8").trim());
  const { timeoutMilliseconds: timeout } = options;
  const requestOptions = {
    method: "POST",
    ca: data(cluster, "certificate-authority"),
    allowPartialTrustChain: true, // as Go, which trusts even what is no authority
    cert: data(user, "client-certificate"),
    key: data(user, "client-key"),
    headers: {
      "content-type": "application/json",
      accept: "application/json, */*",
      ...(token && { authorization: `Bearer ${token}` }),
    },
  };
  const url = new URL(cluster.server);
  if (url.protocol !== "https:") throw new Error(`${path}: the server must be reached by https`);
  url.searchParams.set("timeout", `${timeout / 1000}s`); // client-go says so
  return {
    post: (review) =>
      retrying(async () => {
        const signal = AbortSignal.timeout(timeout);
        return reviewIn(await post(url, { ...requestOptions, signal }, JSON.stringify(review)), review);
      }, options),
  };
}

const TIMED_OUT = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

/** Tries again, and waits longer each time, where the error says that it may help. (apiserver/pkg/util/webhook) */
async function retrying<T>(attempt: () => Promise<T>, { after, random }: ReviewClientOptions): Promise<T> {
  let wait = RETRY.firstMilliseconds;
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ReviewError && error.retry) || tries === RETRY.tries) throw error;
      const jittered = wait * (1 + random() * RETRY.jitter);
      await new Promise<void>((resume) => after(jittered, resume));
      wait *= RETRY.factor;
    }
  }
}

/** @param options with the signal that ends all of it, however much of an answer has come */
function post(
  url: URL,
  options: RequestOptions & { readonly signal: AbortSignal },
  body: string,
): Promise<ReviewAnswer> {
  return new Promise((fulfil, reject) => {
    const failed = (message: string, retry = false) => reject(new ReviewError(`Post "${url}": ${message}`, retry));
    const call = request(url, options, (answer) => {
      const parts: Buffer[] = [];
      let size = 0;
      answer.on("data", (part: Buffer) => {
        size += part.length;
        if (size > MAX_ANSWER) call.destroy(new Error("the answer is too large"));
        else parts.push(part);
      });
      answer.on("error", (error) => failed(options.signal.aborted ? TIMED_OUT : error.message));
      answer.on("end", () => {
        const { statusCode: status = 0, headers } = answer;
        // Go tells by the bytes what has no type, and takes it for JSON where it cannot.
        const contentType = headers["content-type"] ?? "application/json";
        const retryAfter = headers["retry-after"] !== undefined;
        fulfil({ status, contentType, retryAfter, body: Buffer.concat(parts).toString("utf8") });
      });
    });
    call.on("error", (error: DialError) => {
      if (options.signal.aborted) return failed(TIMED_OUT);
      const dialed = dialErrorText(error, url.hostname, Number(url.port) || 443);
      if (error.code === "ECONNRESET" && !dialed) failed("EOF", true);
      else failed(dialed ?? error.message);
    });
    call.end(body);
  });
}
