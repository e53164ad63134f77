import { Agent, request } from "node:https";

const TIMEOUT_MILLISECONDS = 30_000;

/** fetch() with a private CA: Node's own takes none. Only what a provider's documents need. @param authority PEM */
export function fetchWithAuthority(authority: string): typeof fetch {
  const agent = new Agent({ ca: authority, allowPartialTrustChain: true, keepAlive: false });
  return (input, init) =>
    new Promise((resolve, reject) => {
      const url = input instanceof Request ? input.url : input;
      const headers = Object.fromEntries(new Headers(init?.headers));
      const call = request(url, { agent, headers, timeout: TIMEOUT_MILLISECONDS }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("error", reject);
        answer.on("end", () => {
          const { statusCode: status = 500, statusMessage: statusText = "" } = answer;
          const cacheControl = answer.headers["cache-control"];
          const known = { status, statusText, headers: cacheControl ? { "cache-control": cacheControl } : {} };
          resolve(new Response(Buffer.concat(parts), known));
        });
      });
      call.on("timeout", () => call.destroy(new Error("no answer in time")));
      call.on("error", reject);
      call.end();
    });
}
