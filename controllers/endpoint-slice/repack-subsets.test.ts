import { expect, test } from "vitest";
import type { EndpointSubset } from "../../openapi/api/core.v1.ts";
import { repackSubsets } from "./repack-subsets.ts";

const http = { name: "http", port: 80, protocol: "TCP" };
const adm = { name: "adm", port: 81, protocol: "UDP" };

/** "1 2!:http,adm" are two addresses, the second not ready, with two ports. */
const subset = (text: string): EndpointSubset => {
  const [addresses = "", ports = ""] = text.split(":");
  const ips = addresses.split(" ");
  const of = (list: string[]) => list.map((ip) => ({ ip: ip.replace("!", "") }));
  const notReady = ips.filter((ip) => ip.endsWith("!"));
  return {
    addresses: of(ips.filter((ip) => !ip.endsWith("!"))),
    notReadyAddresses: of(notReady),
    ports: ports.split(",").flatMap((name) => (name === "http" ? [http] : name === "adm" ? [adm] : [])),
  };
};
const textOf = ({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset) =>
  `${[...addresses.map(({ ip }) => ip), ...notReadyAddresses.map(({ ip }) => `${ip}!`)].join(" ")}:${ports.map(({ name }) => name)}`;

test.each([
  { what: "one stays as it is, its ports in the order of upstream", given: ["1:http,adm"], is: ["1:adm,http"] },
  { what: "addresses of the same ports come together", given: ["2:http", "1:http"], is: ["1 2:http"] },
  { what: "ports of the same addresses come together", given: ["1:http", "1:adm"], is: ["1:adm,http"] },
  {
    what: "a port that more addresses have stands alone",
    given: ["1 2:http,adm", "3!:http"],
    is: ["1 2:adm", "1 2 3!:http"],
  },
  { what: "not ready once is not ready", given: ["1:http", "1!:http"], is: ["1!:http"] },
  { what: "addresses without ports stand for themselves", given: ["1:", "2:http"], is: ["1:", "2:http"] },
])("$what", ({ given, is }) => {
  expect(repackSubsets(given.map(subset)).map(textOf)).toEqual(is);
});
