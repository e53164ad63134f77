/** What kind of trouble, and the words that C libraries have for it. */
export const FILE_ERRORS = {
  ENOENT: "No such file or directory",
  EACCES: "Permission denied",
  EROFS: "Read-only file system",
  EISDIR: "Is a directory",
  ENOTDIR: "Not a directory",
  EEXIST: "File exists",
  ENOTEMPTY: "Directory not empty",
  EBUSY: "Device or resource busy",
  ELOOP: "Too many symbolic links",
} as const;

/** Its message is what commands print after the path. */
export class FileError extends Error {
  readonly code: keyof typeof FILE_ERRORS;

  constructor(code: keyof typeof FILE_ERRORS) {
    super(FILE_ERRORS[code]);
    this.code = code;
  }
}

/** Permission bits, owner and time of a file, a directory or a link. */
export interface Attributes {
  /** Permission bits only, 0o7777. */
  mode: number;
  uid: number;
  gid: number;
  modified: Date;
}

export interface FileNode extends Attributes {
  readonly type: "file";
  content: Buffer;
}

export interface LinkNode extends Attributes {
  readonly type: "link";
  readonly target: string;
}

export interface DirectoryNode extends Attributes {
  readonly type: "directory";
  readonly entries: Map<string, Node>;
  /** `tmpfs` and so on, as mount tables say. */
  readonly fileSystem?: string;
  /** Brings the entries up to date before anybody looks. */
  refresh?(): Promise<void>;
}

export type Node = FileNode | LinkNode | DirectoryNode;

const ROOT = { uid: 0, gid: 0 };

export function file(content: string | Buffer, modified: Date, mode = 0o644): FileNode {
  return { type: "file", content: Buffer.from(content as string), mode, modified, ...ROOT };
}

/** A file whose content costs something to make: only who looks at it pays. */
export function lazyFile(make: () => string | Buffer, modified: Date, mode = 0o644): FileNode {
  let made: Buffer | undefined;
  return {
    type: "file",
    get content() {
      made ??= Buffer.from(make() as string);
      return made;
    },
    set content(value) {
      made = value;
    },
    mode,
    modified,
    ...ROOT,
  };
}

export function directory(modified: Date, mode = 0o755, entries: Record<string, Node> = {}): DirectoryNode {
  return { type: "directory", entries: new Map(Object.entries(entries)), mode, modified, ...ROOT };
}

const LETTERS = ["---", "--x", "-w-", "-wx", "r--", "r-x", "rw-", "rwx"];

/** `-rw-r--r--`, as `ls` prints it. */
export function modeText({ type, mode }: Node): string {
  const first = type === "directory" ? "d" : type === "link" ? "l" : "-";
  const text = [6, 3, 0].map((shift) => LETTERS[(mode >> shift) & 7]).join("");
  const special = (at: number, bit: number, letter: string, letters: string[]) => {
    if (mode & bit) letters[at] = letters[at] === "x" ? letter : letter.toUpperCase();
  };
  const letters = [...text];
  special(2, 0o4000, "s", letters);
  special(5, 0o2000, "s", letters);
  special(8, 0o1000, "t", letters);
  return first + letters.join("");
}
