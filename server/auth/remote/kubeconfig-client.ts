import { readFileSync } from "node:fs";
import { request } from "node:https";
import { dirname, resolve } from "node:path";

/** Posts JSON to the server that a kubeconfig names. */
export interface JsonPoster {
  /** @throws Error when there is no 2xx answer with JSON within the time */
  post(body: unknown): Promise<unknown>;
}

interface Kubeconfig {
  readonly clusters?: readonly { name: string; cluster: Record<string, string> }[];
  readonly users?: readonly { name: string; user: Record<string, string> }[];
  readonly contexts?: readonly { name: string; context: { cluster: string; user?: string } }[];
  readonly "current-context"?: string;
}

const MAX_ANSWER = 1024 * 1024;

/** A webhook's kubeconfig: server, CA, and how to show oneself. Relative paths are below the file's folder. */
export async function kubeconfigClient(path: string, timeoutMilliseconds: number): Promise<JsonPoster> {
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
  const options = {
    method: "POST",
    ca: data(cluster, "certificate-authority"),
    allowPartialTrustChain: true, // as Go, which trusts even what is no authority
    cert: data(user, "client-certificate"),
    key: data(user, "client-key"),
    timeout: timeoutMilliseconds,
    headers: {
      "content-type": "application/json",
      accept: "application/json",
      ...(token && { authorization: `Bearer ${token}` }),
    },
  };
  const url = new URL(cluster.server);
  if (url.protocol !== "https:") throw new Error(`${path}: the server must be reached by https`);
  return { post: (body) => post(url, options, JSON.stringify(body)) };
}

function post(url: URL, options: object, body: string): Promise<unknown> {
  return new Promise((fulfil, reject) => {
    const call = request(url, options, (answer) => {
      const parts: Buffer[] = [];
      let size = 0;
      answer.on("data", (part: Buffer) => {
        size += part.length;
        if (size > MAX_ANSWER) call.destroy(new Error("the answer is too large"));
        else parts.push(part);
      });
      answer.on("error", reject);
      answer.on("end", () => {
        const { statusCode = 0 } = answer;
        if (statusCode < 200 || statusCode > 299) return reject(new Error(`webhook answered ${statusCode}`));
        try {
          fulfil(JSON.parse(Buffer.concat(parts).toString("utf8")));
        } catch (error) {
          reject(error);
        }
      });
    });
    call.on("timeout", () => call.destroy(new Error("webhook did not answer in time")));
    call.on("error", reject);
    call.end(body);
  });
}
