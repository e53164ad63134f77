/** What real nodes call, by what it is: the names of the packages that bring it differ. */
export type Need = "containerd" | "runc" | "plugins" | "iproute" | "nftables" | "iptables" | "mount" | "nsenter";

interface Family {
  /** As /etc/os-release has it in ID or ID_LIKE. */
  readonly ids: readonly string[];
  readonly name: string;
  readonly command: string;
  readonly packages: Readonly<Record<Need, string>>;
}

const DEBIAN: Family = {
  ids: ["debian", "ubuntu"],
  name: "Debian",
  command: "apt-get install",
  packages: {
    ...{ containerd: "containerd", runc: "runc", plugins: "containernetworking-plugins", iproute: "iproute2" },
    ...{ nftables: "nftables", iptables: "iptables", mount: "mount", nsenter: "util-linux" },
  },
};

const FAMILIES: readonly Family[] = [
  DEBIAN,
  {
    ids: ["fedora", "rhel", "centos"],
    name: "Fedora",
    command: "dnf install",
    packages: {
      ...{ containerd: "containerd", runc: "runc", plugins: "containernetworking-plugins", iproute: "iproute" },
      ...{ nftables: "nftables", iptables: "iptables-nft", mount: "util-linux", nsenter: "util-linux" },
    },
  },
  {
    ids: ["suse", "opensuse"],
    name: "openSUSE",
    command: "zypper install",
    packages: {
      ...{ containerd: "containerd", runc: "runc", plugins: "cni-plugins", iproute: "iproute2" },
      ...{ nftables: "nftables", iptables: "iptables", mount: "util-linux", nsenter: "util-linux" },
    },
  },
  {
    ids: ["arch"],
    name: "Arch Linux",
    command: "pacman -S",
    packages: {
      ...{ containerd: "containerd", runc: "runc", plugins: "cni-plugins", iproute: "iproute2" },
      ...{ nftables: "nftables", iptables: "iptables", mount: "util-linux", nsenter: "util-linux" },
    },
  },
  {
    ids: ["alpine"],
    name: "Alpine Linux",
    command: "apk add",
    packages: {
      ...{ containerd: "containerd containerd-ctr", runc: "runc", plugins: "cni-plugins", iproute: "iproute2" },
      ...{ nftables: "nftables", iptables: "iptables", mount: "mount", nsenter: "util-linux-misc" },
    },
  },
];

/** How to get what is missing. @param osRelease text of /etc/os-release; of a system not known here Debian's names are told */
export function installation(needs: readonly Need[], osRelease: string): string {
  const ids = [...osRelease.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)/gm)].flatMap(([, value = ""]) => value.split(" "));
  // Derived systems name what they come from after themselves.
  const family = ids.map((id) => FAMILIES.find((each) => each.ids.some((known) => id.startsWith(known)))).find(Boolean);
  const { name, command, packages } = family ?? DEBIAN;
  return `on ${name}: ${command} ${[...new Set(needs.map((need) => packages[need]))].join(" ")}`;
}
