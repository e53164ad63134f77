/**
 * What every npm script runs, on whatever Node (20 or newer) the machine has: installs the dependencies when they are
 * missing or changed, builds when sources changed, then hands over to the Node 24 that the `node` package brings.
 * Plain JavaScript and no imports but Node's own, because nothing else is there yet.
 *
 *   node cli/launch.mjs COMMAND …     the CLI        node cli/launch.mjs :test …   the test suite
 *   node cli/launch.mjs :check        types, lint    node cli/launch.mjs :bench …  the benchmarks
 *   node cli/launch.mjs :clients …    programs written with other languages' clients
 *   node cli/launch.mjs :build        dist/, for the published package
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const windows = process.platform === "win32";
const node = join(modules, "node", "bin", windows ? "node.exe" : "node");
const say = (text) => process.stderr.write(`inkube: ${text}\n`);

function fail(text) {
  say(text);
  process.exit(1);
}

/** Runs a step to its end; its output goes to stderr, because stdout belongs to the command asked for. */
function step(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2], shell: windows, ...options });
  if (done.error) fail(`${command}: ${done.error.message}`);
  if (done.status !== 0) fail(`${command} ${args.join(" ")} failed`);
}

function install() {
  const stampFile = join(modules, ".inkube-installed");
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === lock && existsSync(node)) return;
  say("installing dependencies (once, about half a minute) …");
  // Not `npm ci`: it refuses the lock file where a registry lacks some platform's optional binary.
  // Engines are checked against the machine's Node, but all runs on the `node` package: the warnings would mislead.
  step("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel", "error"]);
  // Where npm is set up not to run install scripts, the one that unpacks Node has to be run by hand.
  if (!existsSync(node)) step(process.execPath, ["installArchSpecificPackage"], { cwd: join(modules, "node") });
  if (!existsSync(node)) fail("the `node` package brought no Node for this machine; see CONTRIBUTING.md");
  writeFileSync(stampFile, lock);
}

/** Newest change below the source folders, in ms. A few hundred stats cost less than 10 ms. */
function newestSource() {
  const skip = new Set(["node_modules", "dist", ".git", ".inkube", "docs", "examples"]);
  let newest = 0;
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) {
        if (!skip.has(entry.name)) walk(join(folder, entry.name));
      } else if (/\.(ts|json|mjs)$/.test(entry.name)) {
        newest = Math.max(newest, statSync(join(folder, entry.name)).mtimeMs);
      }
    }
  };
  walk(root);
  return newest;
}

function build() {
  const stampFile = join(root, "dist", ".built");
  const newest = String(newestSource());
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === newest) return;
  say("building …");
  step(node, ["--disable-warning=ExperimentalWarning", "cli/build.ts"]);
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, newest);
}

/**
 * Replaces this process as nearly as Node can: same streams, same exit code, and it does not outlive the other.
 *
 * @param held whether the child is to end when we are killed; only commands of `inkube` know how to
 */
function handOver(args, cwd, held) {
  const env = {
    ...process.env,
    PATH: [join(modules, "node", "bin"), join(modules, ".bin"), process.env.PATH].join(delimiter),
    // glibc keeps a pool of memory for each thread: with two for all, a whole cluster takes some 10 MB less.
    MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? "2",
  };
  // The child holds the read end of fd 3: the kernel closes our end when we die, even by kill -9, and it stops.
  const child = spawn(node, args, {
    cwd,
    stdio: ["inherit", "inherit", "inherit", ...(held ? ["pipe"] : [])],
    env: { ...env, ...(held && { INKUBE_PARENT_FD: "3" }) },
  });
  const parent = process.ppid;
  // npm itself killed with -9 leaves us orphaned without a signal; there is no event for that, hence the look.
  const watch = setInterval(() => process.ppid !== parent && child.kill("SIGTERM"), 500);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // On a terminal Ctrl-C reaches the child by itself; a second, forwarded one does no harm.
    process.on(signal, () => child.kill(signal));
  }
  child.on("error", (error) => fail(error.message));
  child.on("exit", (code, signal) => {
    clearInterval(watch);
    process.exit(code ?? (signal === "SIGINT" ? 130 : signal === "SIGTERM" ? 143 : 1));
  });
}

const [command = "--help", ...rest] = process.argv.slice(2);
const quiet = "--disable-warning=ExperimentalWarning";
if (existsSync(join(root, "package-lock.json"))) install();
switch (command) {
  case ":test":
    build();
    handOver([join(modules, "vitest", "vitest.mjs"), "run", ...rest], root, false);
    break;
  case ":check":
    step(node, [join(modules, "typescript", "bin", "tsc")]);
    step(node, [join(modules, "@biomejs", "biome", "bin", "biome"), "check", "."]);
    step(node, [join(modules, "knip", "bin", "knip.js")]);
    break;
  case ":build":
    build();
    break;
  case ":bench":
    build();
    handOver([quiet, "bench/main.ts", ...rest], root, false);
    break;
  case ":clients":
    handOver([quiet, "conformance/clients/main.ts", ...rest], root, false);
    break;
  default:
    build();
    // A smaller nursery than V8's own costs no speed that could be measured, and saves 15 MB.
    // `npm run` starts in the package root; the user's paths are relative to where they are.
    handOver(
      ["--max-semi-space-size=8", quiet, join(root, "dist", "main.js"), command, ...rest],
      process.env.INIT_CWD ?? process.cwd(),
      true,
    );
}
