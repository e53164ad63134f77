import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { expect, test } from "vitest";

/** Who may import whom, by folder. A folder may always import itself. The same table stands in ARCHITECTURE.md. */
const ALLOWED: Record<string, readonly string[]> = {
  openapi: [],
  pki: [],
  server: ["openapi", "pki"],
  client: ["openapi", "pki"],
  controllers: ["client", "pki"],
  scheduler: ["client"],
  "node-agent": ["client", "pki"],
  "metrics-server": ["openapi", "client", "pki"],
  proxy: ["client"],
  dns: ["client"],
  cli: [
    "client",
    "server",
    "controllers",
    "scheduler",
    "node-agent",
    "metrics-server",
    "proxy",
    "dns",
    "dashboard",
    "conformance",
  ],
  testing: ["cli"],
  conformance: ["testing", "cli"],
  bench: ["testing", "cli", "conformance"],
};
const INSIDE_SERVER: Record<string, readonly string[]> = {
  meta: [],
  cel: ["meta"],
  storage: ["meta"],
  auth: ["meta"],
  admission: ["meta", "cel"],
  registry: ["storage", "meta"],
  extensions: ["registry", "storage", "meta", "admission", "cel"],
  aggregator: ["http", "registry", "storage", "meta", "discovery"],
  discovery: ["registry", "meta"],
  http: ["auth", "admission", "registry", "discovery", "meta"],
};
const SERVER_FOLDERS = Object.keys(INSIDE_SERVER);

interface Import {
  from: string;
  to: string;
}

function imports(): Import[] {
  const root = import.meta.dirname;
  const list = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts"], {
    cwd: root,
    encoding: "utf8",
  });
  return list
    .split("\n")
    .filter((file) => file && !file.endsWith(".test.ts") && !file.includes("contract"))
    .flatMap((from) => {
      const source = readFileSync(join(root, from), "utf8");
      // Types vanish before anything runs, so only imports of values are arrows.
      const found = source.matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from\s+"(\.[^"]+)"|import\("(\.[^"]+)"\)/gm);
      return [...found].map((match) => ({ from, to: normalize(join(dirname(from), match[1] ?? match[2] ?? "")) }));
    });
}

const folder = (path: string, level: number) => path.split(sep)[level] ?? "";

test("folders import only what the architecture allows", () => {
  const wrong = imports().filter(({ from, to }) => {
    const [a, b] = [folder(from, 0), folder(to, 0)];
    return a !== b && from.includes(sep) && !(ALLOWED[a] ?? []).includes(b);
  });
  expect(wrong).toEqual([]);
});

test("folders inside server import only what the architecture allows", () => {
  const wrong = imports().filter(({ from, to }) => {
    const [a, b] = [folder(from, 1), folder(to, 1)];
    const inside = folder(from, 0) === "server" && folder(to, 0) === "server";
    return (
      inside && a !== b && SERVER_FOLDERS.includes(a) && SERVER_FOLDERS.includes(b) && !INSIDE_SERVER[a]?.includes(b)
    );
  });
  expect(wrong).toEqual([]);
});

test("the command line imports of each component only its start", () => {
  const wrong = imports().filter(
    ({ from, to }) => folder(from, 0) === "cli" && folder(to, 0) !== "cli" && !/(^|\/)start(\.ts|\/)/.test(to),
  );
  expect(wrong.filter(({ to }) => !to.startsWith("conformance") && !to.startsWith("client"))).toEqual([]);
});
