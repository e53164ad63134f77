/** PEM (RFC 7468): base64 of DER between marker lines. */
export function pem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.length).toString("base64");
  return `-----BEGIN ${label}-----\n${base64.replace(/.{1,64}/g, "$&\n")}-----END ${label}-----\n`;
}

/** One block of a PEM text. */
export interface PemBlock {
  readonly label: string;
  readonly headers: boolean;
  readonly der: Uint8Array;
}

/** All blocks, in order; text between them is skipped. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  const pattern = /-----BEGIN ([^-\r\n]+)-----\r?\n([\s\S]*?)-----END \1-----/g;
  for (const [, label, body] of text.matchAll(pattern)) {
    const headers = body!.includes(":");
    const base64 = headers ? body!.replace(/^[\s\S]*?\r?\n\r?\n/, "") : body!;
    blocks.push({ label: label!, headers, der: Buffer.from(base64, "base64") });
  }
  return blocks;
}

/** Contents of the blocks with this label. */
export const derOf = (text: string, label: string): Uint8Array[] =>
  pemBlocks(text)
    .filter((block) => block.label === label)
    .map((block) => block.der);
