import { createHash } from "node:crypto";
import { type Cipher, type CipherName, cipher, type RandomBytes } from "./ciphers.ts";
import type { KmsProvider } from "./kms/kms-provider.ts";

/** Between what the API server knows and what the database keeps. (apiserver/pkg/storage/value Transformer) */
export interface Transformer {
  /** @param key the storage key: bound to the value where the cipher can, so that values cannot be swapped */
  toStorage(key: string, plain: Uint8Array): Uint8Array;
  /** @returns stale: written with another key or provider than new values are. @throws Error when no key opens it */
  fromStorage(key: string, stored: Uint8Array): { plain: Uint8Array; stale: boolean };
  /** Fetches what `fromStorage` needs. @returns undefined when nothing is missing. @throws Error when it cannot be had */
  prepare(stored: Uint8Array): Promise<void> | undefined;
  /** @throws Error when nothing may be written now */
  checkWrite(): void;
  /** A name of the key that new values are written with; empty for none. */
  method(): string;
}

/** One entry of `providers`: a cipher with its keys, a plugin, or identity. */
export type Provider =
  | { readonly name: "identity" }
  | { readonly name: "kms"; readonly provider: KmsProvider }
  | { readonly name: CipherName; readonly keys: readonly { readonly name: string; readonly secret: Uint8Array }[] };

const MARK = Buffer.from("k8s:enc:");

/** By what every value that is encrypted begins with. */
export const isEncrypted = (stored: Uint8Array): boolean =>
  stored[0] === MARK[0] && MARK.equals(stored.subarray(0, MARK.length));

/** What a value may begin with, and how to read it then. "" = as it is. */
interface Reader {
  readonly prefix: string;
  /** Tells two keys of one prefix apart. */
  readonly name: string;
  readonly cipher: Cipher | undefined;
  readonly kms?: KmsProvider;
}

/**
 * Writes with the first key of the first provider, reads with all of them: `k8s:enc:aescbc:v1:key1:` and then the text.
 * (apiserver/pkg/storage/value PrefixTransformers)
 */
export function providerTransformer(providers: readonly Provider[], random: RandomBytes): Transformer {
  const readers = providers.flatMap((entry): Reader[] => {
    if (entry.name === "identity") return [{ prefix: "", name: "", cipher: undefined }];
    if (entry.name === "kms") {
      const { prefix } = entry.provider;
      return [{ prefix, name: prefix, cipher: entry.provider, kms: entry.provider }];
    }
    return entry.keys.map((key) => ({
      prefix: `k8s:enc:${entry.name}:v1:${key.name}:`,
      name: createHash("sha256").update(`${entry.name}:${key.name}:`).update(key.secret).digest("base64"),
      cipher: cipher(entry.name, key.secret, random),
    }));
  });
  const first = readers[0];
  if (!first) throw new Error("encryption needs at least one provider");
  const plugins = readers.filter(({ kms }) => kms);
  return {
    checkWrite: () => first.kms?.checkWrite(),
    method: () => (first.kms ? `${first.prefix}${first.kms.keyId}` : first.name),
    prepare(stored) {
      if (plugins.length === 0) return undefined;
      const text = Buffer.from(stored.buffer, stored.byteOffset, stored.length);
      const reader = plugins.find(({ prefix }) => text.subarray(0, prefix.length).equals(Buffer.from(prefix)));
      return reader?.kms?.prepare(text.subarray(reader.prefix.length));
    },
    toStorage: (key, plain) =>
      first.cipher ? Buffer.concat([Buffer.from(first.prefix), first.cipher.encrypt(key, plain)]) : plain,
    fromStorage(key, stored) {
      const text = Buffer.from(stored.buffer, stored.byteOffset, stored.length);
      let failure: unknown;
      for (const [i, { prefix, cipher: with_, kms }] of readers.entries()) {
        if (!with_) {
          if (isEncrypted(stored)) continue;
          return { plain: stored, stale: i !== 0 };
        }
        if (!text.subarray(0, prefix.length).equals(Buffer.from(prefix))) continue;
        try {
          const data = text.subarray(prefix.length);
          return { plain: with_.decrypt(key, data), stale: i !== 0 || (kms?.isStale(data) ?? false) };
        } catch (error) {
          // The same name may come twice, with the key before and after a rotation.
          failure = error;
        }
      }
      throw failure ?? new Error("no matching prefix found");
    },
  };
}
