import { renameSync, writeFileSync } from "node:fs";

/** Writes a kubeconfig that only its owner may read. Components that start meanwhile see the old one or the new one. */
export function writeKubeconfig(path: string, text: string): void {
  const aside = `${path}.new`;
  writeFileSync(aside, text, { mode: 0o600 });
  renameSync(aside, path);
}
