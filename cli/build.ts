/**
 * Bundles the CLI and every worker thread into dist/, one file each: loading hundreds of sources and packages costs
 * hundreds of milliseconds at start, one file with a compile cache about a tenth of that. Run by cli/launch.mjs when
 * sources changed, and before publishing.
 */
import { readFileSync, rmSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { build, type Plugin } from "esbuild";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

/** Sources that run as worker threads, found while bundling: `new Worker(new URL("./x.ts", import.meta.url))`. */
const workers = new Map<string, string>();

/** dist/ is flat, so whatever a source finds relative to itself has to be found from there. */
const relocate: Plugin = {
  name: "relocate",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (path.includes("node_modules")) return undefined;
      const source = readFileSync(path, "utf8");
      if (!source.includes("import.meta.")) return undefined;
      const folder = relative(root, dirname(path)).split("\\").join("/");
      const contents = source
        .replaceAll(/new URL\("(\.{1,2}\/[\w./-]+)\.ts", import\.meta\.url\)/g, (_, target: string) => {
          const file = join(dirname(path), `${target}.ts`);
          const name = relative(root, file).replaceAll(/[\\/]/g, "-").replace(/\.ts$/, "");
          workers.set(name, file);
          return `new URL("./${name}.js", import.meta.url)`;
        })
        .replaceAll("import.meta.dirname", `(import.meta.dirname + "/../${folder}")`);
      return { contents, loader: "ts" };
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

const bundle = (entryPoints: Record<string, string>) =>
  build({
    entryPoints,
    outdir: dist,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    sourcemap: "linked",
    sourcesContent: false,
    minifySyntax: true,
    external: ["better-sqlite3", "esbuild", "vitest", "playwright-core"],
    plugins: [relocate, plainSelectors],
    logLevel: "warning",
    // CommonJS packages inside an ES module still call require for Node's own modules.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });

rmSync(dist, { recursive: true, force: true });
await bundle({ main: join(root, "cli", "entry.ts") });
const done = new Set<string>();
for (let todo = [...workers]; todo.length; todo = [...workers].filter(([name]) => !done.has(name))) {
  for (const [name] of todo) done.add(name);
  await bundle(Object.fromEntries(todo));
}
process.stderr.write(`built ${["main", ...done].map((name) => `${basename(dist)}/${name}.js`).join(", ")}\n`);
