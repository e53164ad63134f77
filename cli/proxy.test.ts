import { expect, test } from "vitest";
import { proxy } from "./proxy.ts";

const parse = (...args: string[]) => {
  const command = proxy
    .createCommand("proxy")
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  for (const option of proxy.options) command.addOption(option);
  return command.parse(args, { from: "user" }).opts();
};

test("durations, addresses and lists are as upstream's flags take them", () => {
  expect(
    parse(
      "--iptables-min-sync-period=1m30s",
      "--healthz-bind-address=[::]:10256",
      "--metrics-bind-address=",
      "--cluster-cidr=10.0.0.0/8,fd00::/64",
    ),
  ).toMatchObject({
    iptablesMinSyncPeriod: 90_000,
    healthzBindAddress: { host: "::", port: 10256 },
    metricsBindAddress: "",
    clusterCidr: ["10.0.0.0/8", "fd00::/64"],
    nodeportAddresses: ["primary"],
  });
});

test.each(["--iptables-sync-period=soon", "--healthz-bind-address=everywhere", "--iptables-masquerade-bit=32"])(
  "%s is refused",
  (flag) => {
    expect(() => parse(flag)).toThrow(/must be/);
  },
);
