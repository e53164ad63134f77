import { createNft } from "../nftables/nft.ts";
import { POLICY_TABLE } from "../policy/policy-table.ts";

/** Removes all rules of a proxy. Idempotent. */
export async function cleanUp(table: string): Promise<void> {
  const tables = ["ip", "ip6"].flatMap((family) =>
    [table, POLICY_TABLE].map((name) => `add table ${family} ${name}\ndelete table ${family} ${name}\n`),
  );
  await createNft().run(tables.join(""));
}
