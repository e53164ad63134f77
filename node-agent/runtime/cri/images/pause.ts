import { type ImageWish, ociArchive } from "./oci-archive.ts";

export const PAUSE_IMAGE = "inkube.local/pause:1";

/**
 * Machine code that holds a Pod's namespaces: says that ended children need nobody to wait for them (it is process 1
 * where containers share process namespaces), and sleeps until killed. x86-64: rt_sigaction is 13, pause 34.
 */
const X86_64 = Buffer.from(
  [
    "b80d000000", // mov eax, 13
    "bf11000000", // mov edi, 17 (SIGCHLD)
    "488d3517000000", // lea rsi, [action]
    "31d2", // xor edx, edx
    "41ba08000000", // mov r10d, 8: bytes of a signal set
    "0f05", // syscall
    "b822000000", // again: mov eax, 34
    "0f05", // syscall
    "ebf7", // jmp again
    "cccccccccc", // never reached: room up to `action`
    "0100000000000000", // action: SIG_IGN
    "0000000000000000",
    "0000000000000000",
    "0000000000000000",
  ].join(""),
  "hex",
);

const ADDRESS = 0x400000;
const HEADERS = 64 + 56;

/** A static ELF program of one segment that starts at its first byte of code. */
function elf(code: Buffer, machine: number): Buffer {
  const head = Buffer.alloc(HEADERS);
  Buffer.from("7f454c46020101", "hex").copy(head); // 64 bits, little-endian, version 1
  head.writeUInt16LE(2, 16); // executable
  head.writeUInt16LE(machine, 18);
  head.writeUInt32LE(1, 20);
  head.writeBigUInt64LE(BigInt(ADDRESS + HEADERS), 24); // entry
  head.writeBigUInt64LE(64n, 32); // program headers follow at once
  head.writeUInt16LE(64, 52);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(1, 56);
  head.writeUInt32LE(1, 64); // to be loaded
  head.writeUInt32LE(5, 68); // to be read and run
  head.writeBigUInt64LE(BigInt(ADDRESS), 80);
  head.writeBigUInt64LE(BigInt(ADDRESS), 88);
  head.writeBigUInt64LE(BigInt(HEADERS + code.length), 96);
  head.writeBigUInt64LE(BigInt(HEADERS + code.length), 104);
  head.writeBigUInt64LE(0x1000n, 112);
  return Buffer.concat([head, code]);
}

/** @param architecture as Node calls it @throws Error for one without code here */
export function pauseArchive(architecture: string): Buffer {
  if (architecture !== "x64") throw new Error(`there is no pause image for ${architecture} yet: only for x64`);
  const image: ImageWish = {
    name: PAUSE_IMAGE,
    architecture: "amd64",
    files: [{ path: "pause", data: elf(X86_64, 62), mode: 0o755 }],
    config: { Entrypoint: ["/pause"] },
  };
  return ociArchive(image);
}
