/** An HTTP answer; a text alone is a body with status 200. */
export type HttpAnswer =
  | string
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

/** What answers on a port while a program that serves runs. */
export interface PortDefinition {
  readonly http?: {
    /** Answers by path. */
    readonly routes?: Readonly<Record<string, HttpAnswer>>;
    /** Folder whose files are served at other paths; `index.html` for a folder. */
    readonly root?: string;
    /** Value of the `Server` header. */
    readonly server?: string;
    /** Writes a line a request to the log. */
    readonly log?: boolean;
  };
  /** Answers by line: what a client sends, and what it gets. `""` is the greeting. Anything else is echoed. */
  readonly tcp?: Readonly<Record<string, string>>;
}

/** A file of an image. A text alone is a file that all may read. */
export type FileDefinition =
  | string
  | {
      readonly content?: string;
      readonly base64?: string;
      readonly mode?: string;
      readonly link?: string;
      readonly uid?: number;
      /** An empty folder. */
      readonly directory?: boolean;
      /** Of a pair for `localhost`, `127.0.0.1` and `::1` that is made when somebody looks. */
      readonly generated?: "certificate" | "key";
    };

/** What should come out when a command runs in a fresh container of the image. */
export interface ImageExample {
  /** Absent: what the image runs by itself. */
  readonly run?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Seconds to let it run, for what does not end by itself: then it is stopped. */
  readonly seconds?: number;
  /** All that its log shows. */
  readonly stdout?: string;
  /** Default 0. */
  readonly exit?: number;
}

/** What containers of an image do: data, with scripts for what is special about it. (docs/simulated-images.md) */
export interface ImageDefinition {
  /** Of images: the last path element, or more of the name; with a tag or without. The most exact one counts. */
  readonly names: readonly string[];
  /** Default 50 MB. */
  readonly sizeBytes?: number;
  /** How getting it goes, where not at once and well. */
  readonly pull?: { readonly seconds?: number; readonly error?: string };
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  /** A number or a name; absent: root. */
  readonly user?: string;
  readonly workingDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, FileDefinition>>;
  /** Shell scripts by the program's name; `builtin:NAME` is code of ours. */
  readonly programs?: Readonly<Record<string, string>>;
  /** Opened by the program `serve`. */
  readonly ports?: Readonly<Record<number, PortDefinition>>;
  /** Whether it has a shell and its commands. Default true. */
  readonly shell?: boolean;
  /** What it uses while it runs and nothing else is said: quantities. */
  readonly cpu?: string;
  readonly memory?: string;
  readonly examples?: readonly ImageExample[];
}
