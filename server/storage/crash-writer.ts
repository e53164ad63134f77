// Child of crash.ts: writes at full speed until it is killed. Prints each acknowledged write, and nothing else. Its
// stdout must be a file: a write to it is done when it returns, and outlives the process. It ends when its stdin does,
// so that it does not write on for ever when whoever started it is gone.
import { writeSync } from "node:fs";
import { openStorage } from "./open.ts";

const [url = "", seed = "0"] = process.argv.slice(2);
process.stdin.on("close", () => process.exit(1)).resume();
const storage = await openStorage(url, { durability: "full", historySeconds: 0 });
const writers = 32;
const keysOfWriter = 20;

async function write(writer: number): Promise<never> {
  for (let n = Number(seed); ; n++) {
    const key = `/registry/crash/${writer}-${(n * 7) % keysOfWriter}`;
    const current = storage.peek(key);
    const encode = (revision: number) => Buffer.from(`${key} ${revision} `.padEnd(1000, "."));
    const change =
      current && n % 5 === 0
        ? await storage.delete(key, encode, current.revision)
        : await storage.put(key, encode, current?.revision ?? 0);
    if (change) writeSync(1, `${change.revision} ${change.type} ${key}\n`);
    if (writer === 0 && n % 50 === 0 && storage.revision > 1000) await storage.compact(storage.revision - 1000);
  }
}

await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
