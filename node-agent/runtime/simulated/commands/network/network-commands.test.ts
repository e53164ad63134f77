import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { ManualClock } from "../../../../../client/index.ts";
import type { Pod } from "../../../../../openapi/api/core.v1.ts";
import { ImageCatalog } from "../../image-catalog.ts";
import { knownImages } from "../../known-images.ts";
import type { DnsAnswer } from "../../network/names.ts";
import { Network } from "../../network/network.ts";
import { simulatedRuntime } from "../../runtime.ts";
import { collector } from "../../shell/redirections.ts";

const WEB = "web.ns.svc.cluster.local.";

/** A server and a client in one network, with names for the server. @returns runs a command in the client */
async function twoPods() {
  const clock = new ManualClock(new Date("2026-01-01T00:00:00Z"));
  let next = 1;
  const runtime = simulatedRuntime({
    clock,
    random: () => 0.5,
    address: "127.1.0.1",
    nodeName: "node-a",
    addresses: { take: async () => [`10.0.0.${next++}`], give: () => {} },
    amounts: { cpus: 8, memory: 2 ** 35, storage: 2 ** 36 },
    images: new ImageCatalog(knownImages),
    network: new Network(),
    disks: new Map(),
    names: {
      address: "10.96.0.10",
      async query(name, type): Promise<DnsAnswer> {
        if (name !== WEB) return { code: "NXDOMAIN", records: [] };
        return { code: "NOERROR", records: type === "A" ? [{ name, type, data: "10.0.0.1" }] : [] };
      },
    },
  });
  const dns = {
    servers: ["10.96.0.10"],
    searches: ["ns.svc.cluster.local", "svc.cluster.local"],
    options: ["ndots:5"],
  };
  const start = async (name: string, args: string[]) => {
    const container = { name: "c", image: "agnhost", resources: {} };
    const pod = {
      metadata: { name, namespace: "ns", uid: name },
      spec: { containers: [container] },
      status: {},
    } as Pod;
    const sandbox = await runtime.runSandbox({ pod, hostname: name, dns });
    return runtime.startContainer({
      ...{
        pod,
        sandbox,
        container,
        env: {},
        command: [],
        args,
        dns,
        attempt: 0,
        mounts: [],
        devices: [],
        hosts: "127.0.0.1\tlocalhost\n",
      },
      hostname: name,
      image: await runtime.pullImage("agnhost", pod),
    });
  };
  await start("server", ["netexec"]);
  await start("files", ["test-webserver"]);
  const client = await start("client", []);
  await new Promise(setImmediate);
  return async (command: string, stdin?: string) => {
    const stdout = collector();
    const stderr = collector();
    const streams = {
      ...(stdin !== undefined && { stdin: Readable.from([Buffer.from(stdin)]) }),
      stdout: stdout.stream,
      stderr: stderr.stream,
      tty: false,
    };
    const code = client.exec(["sh", "-c", command], streams, new AbortController().signal);
    let ended = false;
    void code.finally(() => {
      ended = true;
    });
    // What waits for time to pass gets it.
    while (!ended) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      clock.advance(500);
    }
    return { code: await code, stdout: stdout.text(), stderr: stderr.text() };
  };
}

test.each<[command: string, code: number, stdout: string, stderr: string]>([
  ["curl -s web:8080/hostname", 0, "server", ""],
  ["curl -q -s --max-time 30 http://10.0.0.1:8080/hostname", 0, "server", ""],
  ["curl -s -o /dev/null -w '%{http_code}' web:8080/echo?code=404", 0, "404", ""],
  ["curl -sS -f web:8080/echo?code=503", 22, "", "curl: (22) The requested URL returned error: 503\n"],
  ["curl -s -L 'web:8080/redirect?location=/hostname'", 0, "server", ""],
  ["curl -s -H 'X-One: 1' web:8080/header?key=x-one", 0, "1", ""],
  ["curl -s -d a=b -X PUT web:8080/echo?msg=hi", 0, "hi", ""],
  [
    "curl -s 'web:8080/dial?host=web&port=8081&protocol=udp&request=hostname&tries=2'",
    0,
    '{"responses":["server","server"]}',
    "",
  ],
  ["curl nobody", 6, "", "curl: (6) Could not resolve host: nobody\n"],
  ["curl -sS web:1", 7, "", "curl: (7) Failed to connect to web port 1 after 0 ms: Could not connect to server\n"],
  ["curl --nonsense web", 2, "", "curl: option --nonsense: is unknown\ncurl: try 'curl --help' for more information\n"],
  ["wget -qO- web:8080/hostname", 0, "server", ""],
  ["wget -q -O /tmp/f web:8080/hostname && cat /tmp/f", 0, "server", ""],
  ["wget -q nobody", 1, "", "wget: bad address 'nobody'\n"],
  ["wget -q web:1", 1, "", "wget: can't connect to remote host (web): Connection refused\n"],
  ["echo hostname | nc -u -w 1 web 8081", 0, "server", ""],
  ["nc -vz web 8080", 0, "", "Connection to web (10.0.0.1) 8080 port [tcp/*] succeeded!\n"],
  ["nc -vz web 1", 1, "", "nc: connect to web port 1 (tcp) failed: Connection refused\n"],
  [
    "/agnhost netexec --http-port=8099 --udp-port=8098 2>/dev/null & sleep 1; netstat -na | grep LISTEN; netstat -lnu | tail -n 1",
    0,
    `tcp        0      0 ${":::8099".padEnd(23)} ${":::*".padEnd(23)} LISTEN      \nudp        0      0 ${":::8098".padEnd(23)} ${":::*".padEnd(36)}\n`,
    "",
  ],
  ["dig +short web.ns.svc.cluster.local", 0, "10.0.0.1\n", ""],
  ["dig +noall +answer +search web A", 0, `${WEB}\t\t30\tIN\tA\t10.0.0.1\n`, ""],
  ["dig +short @10.9.9.9 web", 9, ";; no servers could be reached\n", ""],
  [
    "nslookup web",
    0,
    "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\nName:\tweb.ns.svc.cluster.local\nAddress: 10.0.0.1\n\n",
    "",
  ],
  [
    "nslookup nobody",
    1,
    "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\n** server can't find nobody: NXDOMAIN\n\n",
    "",
  ],
  ["getent hosts web localhost", 0, "10.0.0.1        web\n127.0.0.1       localhost\n", ""],
  ["getent hosts nobody", 2, "", ""],
  ["/agnhost connect --timeout 1s web:1", 1, "", "REFUSED\n"],
  ["/agnhost connect web:8080", 0, "", ""],
  [
    "curl -s -o /dev/null -w '%{content_type}' 'web:8080/echo?msg=%3Ca%20href%3D1%3E'",
    0,
    "text/html; charset=utf-8",
    "",
  ],
  ["curl -s 10.0.0.2/etc/os%2Drelease | head -n 1", 0, 'NAME="Alpine Linux"\n', ""],
])("%s", async (command, code, stdout, stderr) => {
  const run = await twoPods();
  expect(await run(command)).toEqual({ code, stdout, stderr });
});

test("what is no HTTP is answered as Go does", async () => {
  const run = await twoPods();
  const { stdout } = await run("nc web 8080", "hello\n\n");
  expect(stdout).toContain("HTTP/1.1 400 Bad Request\r\n");
});
