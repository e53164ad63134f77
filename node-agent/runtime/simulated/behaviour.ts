import type { Duplex, Readable, Writable } from "node:stream";
import type { Clock } from "../../../client/index.ts";
import type { FileSystem } from "./files/file-system.ts";
import type { ImageDefinition } from "./image.ts";
import type { Endpoint } from "./network/endpoint.ts";
import type { DnsAnswer, RecordType } from "./network/names.ts";
import type { Acceptor, Receiver } from "./network/stack.ts";
import type { Terminal } from "./terminal.ts";

/** What a simulated process sees of its world. */
export interface Process {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly hostname: string;
  readonly clock: Clock;
  readonly stdin: Readable | undefined;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Aborted when it has to end; the reason is the number of the signal. */
  readonly signal: AbortSignal;
  /** SIGTERM, for a container's first process: it ends of it only when it has a handler. */
  readonly terminate?: AbortSignal;
  /** Sends SIGTERM to the container's first process. */
  readonly terminateFirst: () => void;
  readonly files: FileSystem;
  readonly network: ProcessNetwork;
  readonly image: ImageDefinition | undefined;
  /** Present when somebody sits at it. */
  readonly terminal?: Pick<Terminal, "onInterrupt" | "size">;
  /** What the security context takes away. */
  readonly privileges: Privileges;
  /** In [0, 1). */
  readonly random: () => number;
  /** Starts another program. @returns its exit code; 127 when there is none by that name */
  readonly run: Program;
}

export interface Privileges {
  readonly privileged: boolean;
  /** May gain more than its parent: setuid programs work. */
  readonly escalation: boolean;
}

/** The network as one Pod sees it. What it opens ends with the container, or by the function returned. */
export interface ProcessNetwork {
  /** The Pod's own address. */
  readonly address: string;
  /** @throws Error when the port is taken */
  listen(port: number, acceptor: Acceptor): () => void;
  /** The same for every port without a listener. */
  listenElsewhere(acceptor: Acceptor): () => void;
  /** Datagrams. @throws Error when the port is taken */
  bind(port: number, receiver: Receiver): () => void;
  /** Ports of the Pod on which somebody listens, in order. */
  listeners(): { readonly tcp: readonly number[]; readonly udp: readonly number[] };
  /** @throws NetworkError */
  dial(to: Endpoint): Promise<Duplex>;
  /** A port that datagrams go out from; answers come back to it. */
  socket(receive: (data: Buffer) => void): {
    /** @throws NetworkError when it is known that nobody takes it */
    send(to: Endpoint, data: Buffer): Promise<void>;
  };
  /** Asks a DNS server. @param name absolute, ending in a dot @throws NetworkError when there is no such server */
  query(server: string, name: string, type: RecordType): Promise<DnsAnswer>;
}

/** A program: runs until it ends by itself or is told to. @returns its exit code. */
export type Program = (process: Process) => Promise<number>;
