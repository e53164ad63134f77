import { expect, test } from "vitest";
import { decode, encode } from "./wire.ts";

test("a message survives the way there and back", () => {
  const message = {
    metadata: { name: "web", uid: "u", namespace: "default", attempt: 3 },
    hostname: "wéb",
    portMappings: [{ protocol: 1, containerPort: 53, hostPort: 5353 }],
    labels: { app: "web", empty: "" },
    linux: { securityContext: { supplementalGroups: [1, 2000], runAsUser: { value: 0 } } },
  };
  expect(decode("PodSandboxConfig", encode("PodSandboxConfig", message))).toMatchObject(message);
});

test("bytes are as protobuf has them, also for negative numbers", () => {
  expect(encode("VersionRequest", { version: "v1" }).toString("hex")).toBe("0a027631");
  expect(encode("Int64Value", { value: -1 }).toString("hex")).toBe("08ffffffffffffffffff01");
  expect(decode("Int64Value", Buffer.from("08ffffffffffffffffff01", "hex"))).toEqual({ value: -1 });
});

test("unknown fields are skipped, packed numbers read, and cut messages refused", () => {
  expect(decode("VersionRequest", Buffer.from("1205616263646510010a0131", "hex"))).toEqual({ version: "1" });
  expect(decode("PortForwardRequest", Buffer.from("1202500a", "hex"))).toMatchObject({ port: [80, 10] });
  expect(() => decode("VersionRequest", Buffer.from("0a0576", "hex"))).toThrow("truncated message");
});
