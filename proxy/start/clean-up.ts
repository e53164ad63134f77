import { createNft } from "../nftables/nft.ts";

/** Removes all rules of a proxy. Idempotent. */
export async function cleanUp(table: string): Promise<void> {
  const tables = ["ip", "ip6"].map((family) => `add table ${family} ${table}\ndelete table ${family} ${table}\n`);
  await createNft().run(tables.join(""));
}
