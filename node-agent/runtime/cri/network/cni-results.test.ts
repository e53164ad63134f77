import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { conflist } from "../daemon/conflist.ts";
import { cachedSandboxes, forgetCniResults } from "./cni-results.ts";

test("what CNI remembers of a node's Pods goes, of others' it stays", () => {
  const results = mkdtempSync(join(tmpdir(), "inkube-cni-"));
  onTestFinished(() => rmSync(results, { recursive: true }));
  const remember = (network: string, id: string, device: string, config: object) =>
    writeFileSync(
      join(results, `${network}-${id}-${device}`),
      JSON.stringify({ containerId: id, config: Buffer.from(JSON.stringify(config)).toString("base64") }),
    );
  for (const [id, stateFolder] of [
    ["aaa", "/data/nodes/node-a/addresses"],
    ["bbb", "/data/nodes/node-b/addresses"],
  ] as const) {
    remember("inkube", id, "eth0", conflist({ podCidr: "10.1.0.0/24", stateFolder }));
    remember("cni-loopback", id, "lo", { name: "cni-loopback" });
  }
  writeFileSync(join(results, "broken-aaa-eth1"), "{");
  writeFileSync(join(results, "foreign"), "no JSON");
  expect(cachedSandboxes("/data/nodes/node-a/addresses", results)).toEqual(["aaa"]);
  forgetCniResults("/data/nodes/node-a/addresses", results);
  expect(readdirSync(results).sort()).toEqual(["cni-loopback-bbb-lo", "foreign", "inkube-bbb-eth0"]);
  forgetCniResults("/data/nodes/node-a/addresses", join(results, "absent"));
});
