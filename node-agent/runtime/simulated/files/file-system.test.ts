import { describe, expect, test } from "vitest";
import { FileSystem, type Mount, normalize } from "./file-system.ts";
import { directory, file, modeText } from "./node.ts";

const now = new Date(0);

function make({ uid = 0, groups = [] as number[], readOnlyRoot = false, mounts = {} as Record<string, Mount> } = {}) {
  const etc = directory(now, 0o755, { passwd: file("root", now), shadow: file("secret", now, 0o600) });
  const root = directory(now, 0o755, { etc, tmp: directory(now, 0o777) });
  const identity = { uid, gid: uid, groups };
  const table = new Map(Object.entries(mounts));
  return new FileSystem({ root: () => root, readOnlyRoot, mounts: () => table, identity, now: () => now });
}
const bytes = (text: string) => Buffer.from(text);

test.each([
  ["/a/../b//c/.", "/b/c"],
  ["x", "/work/x"],
  ["../../..", "/"],
])("%s is %s", (path, expected) => {
  expect(normalize(path, "/work")).toBe(expected);
});

describe("what is allowed", () => {
  test.each([
    { who: "root reads anything", uid: 0, run: (f: FileSystem) => f.read("/etc/shadow"), error: undefined },
    { who: "others do not", uid: 7, run: (f: FileSystem) => f.read("/etc/shadow"), error: "Permission denied" },
    { who: "others write to /tmp", uid: 7, run: (f: FileSystem) => f.write("/tmp/x", bytes("")), error: undefined },
    {
      who: "but not to /etc",
      uid: 7,
      run: (f: FileSystem) => f.write("/etc/x", bytes("")),
      error: "Permission denied",
    },
    {
      who: "nobody reads what is not there",
      uid: 0,
      run: (f: FileSystem) => f.read("/x"),
      error: "No such file or directory",
    },
    { who: "a file has no entries", uid: 0, run: (f: FileSystem) => f.list("/etc/passwd"), error: "Not a directory" },
    { who: "a directory has no content", uid: 0, run: (f: FileSystem) => f.read("/etc"), error: "Is a directory" },
  ])("$who", async ({ uid, run, error }) => {
    const done = run(make({ uid }));
    if (error) await expect(done).rejects.toThrow(error);
    else await done;
  });
});

test("a read-only root leaves volumes writable", async () => {
  const volume = directory(now, 0o777);
  const files = make({ readOnlyRoot: true, mounts: { "/data": { node: volume, readOnly: false } } });
  await expect(files.write("/tmp/x", bytes("x"))).rejects.toThrow("Read-only file system");
  await files.write("/data/x", bytes("x"));
  expect(await files.list("/")).toEqual(["data", "etc", "tmp"]);
  expect(volume.entries.has("x")).toBe(true);
});

test("a volume with the set-group bit hands its group down", async () => {
  const volume = Object.assign(directory(now, 0o2777), { gid: 123 });
  const files = make({ uid: 7, groups: [123], mounts: { "/deep/er": { node: volume, readOnly: false } } });
  await files.write("/deep/er/x", bytes("x"));
  expect(await files.stat("/deep/er/x")).toMatchObject({ uid: 7, gid: 123 });
});

test("links are followed, but not for ever", async () => {
  const files = make();
  await files.link("etc/passwd", "/p");
  expect(String(await files.read("/p"))).toBe("root");
  await files.link("/loop", "/loop");
  await expect(files.read("/loop")).rejects.toThrow("Too many symbolic links");
});

test("a live directory is brought up to date when somebody looks", async () => {
  const live = directory(now);
  live.refresh = async () => void live.entries.set("key", file("new", now));
  const files = make({ mounts: { "/config": { node: live, readOnly: true } } });
  expect(String(await files.read("/config/key"))).toBe("new");
  await expect(files.write("/config/key", bytes("x"))).rejects.toThrow("Read-only file system");
});

test.each([
  [0o644, "-rw-r--r--"],
  [0o4755, "-rwsr-xr-x"],
  [0o1777, "-rwxrwxrwt"],
])("%o prints as %s", (mode, text) => {
  expect(modeText(file("", now, mode))).toBe(text);
});
