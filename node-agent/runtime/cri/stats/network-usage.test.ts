import { expect, test } from "vitest";
import { interfacesIn } from "./network-usage.ts";

test("interfaces are read with what they received and sent, but for the loopback", () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0:1500      10    1    2    0     0          0         0     2500      20    3    4    0     0       0          0
`;
  expect(interfacesIn(text)).toEqual([
    {
      ...{ name: "eth0", rxBytes: 1500, rxPackets: 10, rxErrors: 1, rxDropped: 2 },
      ...{ txBytes: 2500, txPackets: 20, txErrors: 3, txDropped: 4 },
    },
  ]);
});
