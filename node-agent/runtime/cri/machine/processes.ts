import { readFileSync } from "node:fs";

/** Of all the machine: how many processes there may be, and are. (pkg/kubelet/stats/pidlimit/pidlimit_linux.go) */
export function machineProcesses(): { readonly most: number; readonly running: number } {
  const limits = ["/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max"];
  const [, running = "0"] = /\/(\d+) /.exec(readFileSync("/proc/loadavg", "utf8")) ?? [];
  return {
    most: Math.min(...limits.map((path) => Number(readFileSync(path, "utf8")))),
    running: Number(running),
  };
}
