import { expect, test } from "vitest";
import { installation } from "./packages.ts";
import { missingPrerequisites } from "./prerequisites.ts";

test.each([
  ["ID=debian\n", "on Debian: apt-get install containerd containernetworking-plugins iproute2 util-linux"],
  [
    'ID=pop\nID_LIKE="ubuntu debian"\n',
    "on Debian: apt-get install containerd containernetworking-plugins iproute2 util-linux",
  ],
  [
    'ID="rocky"\nID_LIKE="rhel centos fedora"\n',
    "on Fedora: dnf install containerd containernetworking-plugins iproute util-linux",
  ],
  [
    'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n',
    "on openSUSE: zypper install containerd cni-plugins iproute2 util-linux",
  ],
  ["ID=arch\n", "on Arch Linux: pacman -S containerd cni-plugins iproute2 util-linux"],
  ["ID=alpine\n", "on Alpine Linux: apk add containerd containerd-ctr cni-plugins iproute2 util-linux-misc"],
  ["", "on Debian: apt-get install containerd containernetworking-plugins iproute2 util-linux"],
])("of a system that says %j: %s", (osRelease, said) => {
  expect(installation(["containerd", "containerd", "plugins", "iproute", "nsenter"], osRelease)).toBe(said);
});

test("what is missing is all said at once", () => {
  const osRelease = "ID=debian\n";
  expect(missingPrerequisites({ platform: "darwin", uid: 0, path: "", osRelease })).toBe(
    "--runtime cri runs Pods as Linux containers, and this is darwin",
  );
  expect(missingPrerequisites({ platform: "linux", uid: 1000, path: "", osRelease })).toMatch(
    /^--runtime cri cannot run Pods here: it has to run as root, such as with sudo(; missing: .*; on Debian: apt-get install .*)?$/,
  );
});
