/**
 * Bundles the CLI, what tests import and every worker thread into dist/, a few files each: loading hundreds of sources
 * and packages costs hundreds of milliseconds at start, a few files with a compile cache about a tenth of that. Run by
 * cli/launch.mjs when sources changed, and before publishing.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { build, type Plugin } from "esbuild";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
const testing = join(root, "testing", "start-cluster.ts");

/** Sources that run as worker threads, found while bundling: `new Worker(new URL("./x.ts", import.meta.url))`. */
const workers = new Map<string, string>();

/** V8 keeps the text of scripts, and a single character beyond Latin-1 makes it keep two bytes for each of them all. */
const asciiOnly = (source: string) =>
  source.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** dist/ is flat, so whatever a source finds relative to itself has to be found from there. */
const relocate: Plugin = {
  name: "relocate",
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?[jt]s$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const loader = path.endsWith("ts") ? "ts" : "js";
      if (path.includes("node_modules")) return { contents: asciiOnly(source), loader };
      const folder = relative(root, dirname(path)).split("\\").join("/");
      const contents = asciiOnly(source)
        .replaceAll(/new URL\("(\.{1,2}\/[\w./-]+)\.ts", import\.meta\.url\)/g, (_, target: string) => {
          const file = join(dirname(path), `${target}.ts`);
          const name = relative(root, file).replaceAll(/[\\/]/g, "-").replace(/\.ts$/, "");
          workers.set(name, file);
          return `new URL("./${name}.js", import.meta.url)`;
        })
        .replaceAll("import.meta.dirname", `(import.meta.dirname + "/../${folder}")`);
      return { contents, loader };
    });
  },
};

/**
 * The official client's ListWatch loads every model class of the API, in each thread, to turn two selectors into
 * strings, which they are: 0.9 MB of code and some 15 MB of memory a thread.
 */
const plainSelectors: Plugin = {
  name: "plain-selectors",
  setup({ onLoad }) {
    onLoad({ filter: /@kubernetes[\\/]client-node[\\/]dist[\\/]serializer\.js$/ }, () => ({
      contents: "export const ObjectSerializer = { serialize: (value) => value };",
      loader: "js",
    }));
  },
};

/**
 * As a module, node:http gives out all that it exports, and so loads Node's fetch and WebSocket: 5 MB and 10 ms a
 * process that nobody uses. Required, it loads them when they are asked for.
 */
const lazyHttp: Plugin = {
  name: "lazy-http",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === "import-statement" ? { path: "http", namespace: "lazy-http" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "lazy-http" }, () => ({ contents: 'module.exports = require("node:http");' }));
  },
};

/**
 * Of undici the components use agents and plain requests. The whole of it, with its fetch, caches, mocks and WebSockets,
 * is most of what a component's thread would load: some 5 MB each. A name that is not here fails the build.
 */
const plainUndici: Plugin = {
  name: "plain-undici",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^undici$/ }, () => ({ path: "undici", namespace: "plain-undici" }));
    onLoad({ filter: /.*/, namespace: "plain-undici" }, () => ({
      resolveDir: root,
      contents: `
        import api from "undici/lib/api/index.js";
        import Agent from "undici/lib/dispatcher/agent.js";
        import Dispatcher from "undici/lib/dispatcher/dispatcher.js";
        Object.assign(Dispatcher.prototype, api);
        export { Agent };
        export const fetch = async (...args) => (await import("undici/index.js")).fetch(...args);
        export function request(url, { dispatcher, ...options }) {
          const { origin, pathname, search } = new URL(url);
          return dispatcher.request({ ...options, origin, path: pathname + search });
        }`,
    }));
  },
};

/** Koa knows the media types of 2,500 file endings, for answers whose type the server always says itself. */
const noFileTypes: Plugin = {
  name: "no-file-types",
  setup({ onLoad }) {
    onLoad({ filter: /mime-db[\\/]db\.json$/ }, () => ({ contents: "{}", loader: "json" }));
  },
};

/** Packages that are there beside dist/, not in it. */
const EXTERNAL = ["better-sqlite3", "esbuild", "vitest", "playwright-core"];

/**
 * A CommonJS package that is imported when it is needed becomes a file that exports nothing but a default; what code
 * takes from it has names, as it has in Node.
 */
const namedExports: Plugin = {
  name: "named-exports",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z@]/ }, ({ kind, path, resolveDir }) => {
      if (kind !== "dynamic-import" || path.startsWith("node:") || EXTERNAL.includes(path)) return undefined;
      return { path, namespace: "named-exports", pluginData: { resolveDir } };
    });
    onLoad({ filter: /.*/, namespace: "named-exports" }, async ({ path, pluginData }) => {
      const names = Object.keys(await import(path)).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
      const given = names.filter((name) => name !== "default").join(", ");
      return { contents: `export { ${given} } from ${JSON.stringify(path)};`, resolveDir: pluginData.resolveDir };
    });
  },
};

/** Names of the files in dist/ that this build made. */
const made = new Set<string>();

async function bundle(entryPoints: Record<string, string>): Promise<void> {
  const { metafile } = await build({
    entryPoints,
    outdir: dist,
    bundle: true,
    // What a command imports when it needs it is a file of its own: code that is not read takes no memory.
    splitting: true,
    minifyWhitespace: true,
    lineLimit: 160,
    legalComments: "linked",
    platform: "node",
    target: "node24",
    format: "esm",
    sourcemap: "linked",
    sourcesContent: false,
    minifySyntax: true,
    metafile: true,
    external: EXTERNAL,
    plugins: [namedExports, plainSelectors, plainUndici, lazyHttp, noFileTypes, relocate],
    logLevel: "warning",
    // CommonJS packages inside an ES module still call require for Node's own modules.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
  for (const path of Object.keys(metafile.outputs)) made.add(basename(path));
}

/** The types of `inkube/testing`. Its public door names no type of another file, so none is looked at. */
function declareTesting(): void {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const out = mkdtempSync(join(tmpdir(), "inkube-types-"));
  const plain = ["--ignoreConfig", "--noResolve", "--noCheck", "--target", "es2024", "--types", "node"];
  const options = [...plain, "--declaration", "--emitDeclarationOnly", "--outDir", out];
  execFileSync(process.execPath, [compiler, ...options, testing], { stdio: ["ignore", 2, 2] });
  copyFileSync(join(out, "start-cluster.d.ts"), join(dist, "testing.d.ts"));
  rmSync(out, { recursive: true });
  made.add("testing.d.ts");
}

/** A cluster that runs still asks for parts of the build before this one; older ones are nobody's. */
function removeOlderBuilds(): void {
  const list = join(dist, ".files");
  const before = existsSync(list) ? readFileSync(list, "utf8").split("\n") : [];
  const kept = new Set([...made, ...before, basename(list), ".built"]);
  for (const name of readdirSync(dist)) if (!kept.has(name)) rmSync(join(dist, name), { recursive: true });
  writeFileSync(list, [...made].join("\n"));
}

await bundle({ main: join(root, "cli", "entry.ts"), testing });
const done = new Set<string>();
for (let todo = [...workers]; todo.length; todo = [...workers].filter(([name]) => !done.has(name))) {
  for (const [name] of todo) done.add(name);
  await bundle(Object.fromEntries(todo));
}
declareTesting();
removeOlderBuilds();
process.stderr.write(
  `built ${["main", "testing", ...done].map((name) => `${basename(dist)}/${name}.js`).join(", ")}\n`,
);
