import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type RequestOptions, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json, text } from "node:stream/consumers";
import { afterAll } from "vitest";
import { type Server, type StartOptions, start } from "../start.ts";

/** What a test's server answered. */
export interface Answer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // Any object of the API.
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it field by field
  readonly body: any;
}

export interface TestFolder {
  readonly path: string;
  /** @returns the path of a file with this text */
  file(name: string, text: string): string;
  json(name: string, value: unknown): string;
  /** Starts a server of its own; whoever starts it stops it. Absent: in memory, on a free port, with upstream's defaults. */
  run(settings?: StartOptions["settings"], more?: Partial<StartOptions>): Promise<Server>;
}

/** A folder for one file of tests, which is gone after them. To be called outside of tests. */
export function testFolder(): TestFolder {
  const path = mkdtempSync(join(tmpdir(), "inkube-server-"));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  let runs = 0;
  const file = (name: string, content: string) => {
    writeFileSync(join(path, name), content);
    return join(path, name);
  };
  return {
    path,
    file,
    json: (name, value) => file(name, JSON.stringify(value)),
    run: (settings = {}, more = {}) =>
      start({
        dataDir: join(path, `data-${++runs}`),
        storage: "memory:",
        durability: "relaxed",
        bindAddress: "127.0.0.1",
        port: 0,
        logLevel: "error",
        admissionPlugins: { enable: [], disable: [] },
        settings,
        ...more,
      }),
  };
}

/** The administrator's certificate and the server's authority. */
export function admin(server: Server): { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer } {
  const config = server.kubeconfig({ commonName: "admin", organizations: ["system:masters"] });
  const data = (key: string) => Buffer.from(new RegExp(`${key}: (\\S+)`).exec(config)?.[1] ?? "", "base64");
  return {
    ca: data("certificate-authority-data"),
    cert: data("client-certificate-data"),
    key: data("client-key-data"),
  };
}

export const bearer = (token: string): RequestOptions => ({ headers: { authorization: `Bearer ${token}` } });

/** One request on a connection of its own. @param body sent as JSON */
export function call(server: Server, path: string, options: RequestOptions = {}, body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", ...options.headers };
    const url = `${server.url}${path}`;
    const sent = request(url, { rejectUnauthorized: false, agent: false, ...options, headers }, (answer) => {
      const isJson = answer.headers["content-type"]?.includes("json") && !path.includes("watch=");
      (isJson ? json(answer) : text(answer)).then(
        (content) => resolve({ code: answer.statusCode ?? 0, headers: answer.headers, body: content }),
        reject,
      );
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
