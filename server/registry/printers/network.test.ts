import { expect, test } from "vitest";
import { networkPrinters } from "./network.ts";

test.each([
  { ports: null, endpoints: null, cells: ["<unset>", "<unset>"] },
  {
    ports: [{ port: 80 }, { name: "all" }, {}],
    endpoints: [{ addresses: ["10.0.0.1"] }],
    cells: ["80,all,*", "10.0.0.1"],
  },
])("an EndpointSlice with ports $ports and endpoints $endpoints is a row of $cells", ({ ports, endpoints, cells }) => {
  const columns = networkPrinters["discovery.k8s.io/endpointslices"] ?? {};
  const slice = { metadata: { name: "a" }, addressType: "IPv4", ports, endpoints };
  expect([columns.Ports, columns.Endpoints].map((cell) => cell?.(slice as never, new Date(0)))).toEqual(cells);
});

test.each([
  [0, "80/TCP"],
  [30_001, "80:30001/TCP"],
  [-1, "80/TCP"],
])("a Service's node port %i is printed as %s", (nodePort, cell) => {
  const service = { spec: { ports: [{ port: 80, nodePort, protocol: "TCP" }] } };
  expect(networkPrinters["/services"]?.["Port(s)"]?.(service as never, new Date(0))).toBe(cell);
});
