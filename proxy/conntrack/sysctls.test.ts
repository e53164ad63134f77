import { expect, test } from "vitest";
import { conntrackMax, conntrackSysctls } from "./sysctls.ts";

const none = {
  ...{ maxPerCore: 0, min: 131_072 },
  ...{ tcpEstablished: 0, tcpCloseWait: 0, udp: 0, udpStream: 0, tcpBeLiberal: false },
};

test("what is 0 is the kernel's own", () => {
  expect(conntrackSysctls(none, 8)).toEqual([]);
  expect(conntrackSysctls({ ...none, tcpCloseWait: 3600, tcpBeLiberal: true }, 8)).toEqual([
    ["nf_conntrack_tcp_timeout_close_wait", 3600],
    ["nf_conntrack_tcp_be_liberal", 1],
  ]);
});

test.each([
  [32_768, 131_072, 2, 131_072],
  [32_768, 131_072, 8, 262_144],
  [32_768, 131_072, 64, 1_048_576],
  [0, 131_072, 64, 0],
  [1, 0, 3, 3],
])("%d a core, at least %d, on %d cores is a limit of %d connections", (maxPerCore, min, cores, expected) => {
  expect(conntrackMax({ ...none, maxPerCore, min }, cores)).toBe(expected);
});
