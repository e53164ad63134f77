import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { Network } from "./network.ts";
import type { Acceptor } from "./stack.ts";

const echo: Acceptor = (connection) => connection.pipe(connection);
const whoAsks: Acceptor = (connection) => connection.end(connection.remoteAddress);

function cluster() {
  const network = new Network();
  const node = network.attach({ addresses: ["127.1.0.1"], node: "node-a", isHost: true });
  const [one, two] = ["10.0.0.1", "10.0.0.2"].map((address) =>
    network.attach({ addresses: [address], node: "node-a", isHost: false }),
  );
  if (!one || !two) throw new Error("attached above");
  return { network, node, one, two };
}

test("bytes go both ways, and an end is an end", async () => {
  const { network, one, two } = cluster();
  one.listen(80, echo);
  const client = await network.dial(two, { address: "10.0.0.1", port: 80 });
  client.end("hello");
  expect(await text(client)).toBe("hello");
});

test.each([
  ["10.0.0.9", 80, "dial tcp 10.0.0.9:80: connect: no route to host"],
  ["10.0.0.1", 81, "dial tcp 10.0.0.1:81: connect: connection refused"],
  ["127.0.0.1", 80, "dial tcp 127.0.0.1:80: connect: connection refused"],
])("%s:%i answers %s", async (address, port, message) => {
  const { network, one, two } = cluster();
  one.listen(80, echo);
  await expect(network.dial(two, { address, port })).rejects.toThrow(message);
});

test("a port is taken once, and free again after", () => {
  const { one } = cluster();
  const close = one.listen(80, echo);
  expect(() => one.listen(80, echo)).toThrow("address already in use");
  close();
  one.listen(80, echo);
});

test.each([
  ["another Pod", "two", "10.0.0.1", "10.0.0.2"],
  ["itself over loopback", "one", "127.0.0.1", "127.0.0.1"],
  ["its node", "node", "10.0.0.1", "127.1.0.1"],
] as const)("a server sees the address of %s", async (_who, from, address, seen) => {
  const all = cluster();
  all.one.listen(80, whoAsks);
  expect(await text(await all.network.dial(all[from], { address, port: 80 }))).toBe(seen);
});

test("a host port leads to its Pod, by the address that it was given", async () => {
  const { network, node, one, two } = cluster();
  one.listen(80, (connection) => connection.end("one"));
  two.listen(80, (connection) => connection.end("two"));
  const hostPort = { protocol: "TCP", hostPort: 5000 } as const;
  node.hostPorts.add({ ...hostPort, hostAddress: "127.0.0.1", to: { address: "10.0.0.1", port: 80 } });
  node.hostPorts.add({ ...hostPort, hostAddress: "127.1.0.1", to: { address: "10.0.0.2", port: 80 } });
  expect(await text(await network.dial(node, { address: "127.0.0.1", port: 5000 }))).toBe("one");
  expect(await text(await network.dial(node, { address: "127.1.0.1", port: 5000 }))).toBe("two");
  expect(await text(await network.dial(one, { address: "127.1.0.1", port: 5000 }))).toBe("two");
});

test("datagrams are answered, or it is known that nobody listens", async () => {
  const { network, one, two } = cluster();
  one.bind(53, (data, from, reply) => reply(Buffer.from(`${data} from ${from.address}:${from.port}`)));
  const answers: string[] = [];
  const reply = (data: Buffer) => void answers.push(data.toString());
  await network.send(two, 4000, { address: "10.0.0.1", port: 53 }, Buffer.from("hi"), reply);
  expect(answers).toEqual(["hi from 10.0.0.2:4000"]);
  await expect(network.send(two, 4000, { address: "10.0.0.1", port: 54 }, Buffer.from("hi"), reply)).rejects.toThrow(
    "dial udp 10.0.0.1:54: connect: connection refused",
  );
});
