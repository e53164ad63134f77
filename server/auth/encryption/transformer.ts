import { createCipheriv, createDecipheriv } from "node:crypto";
import { open, seal } from "./secretbox.ts";

/** Between what the API server knows and what the database keeps. (apiserver/pkg/storage/value Transformer) */
export interface Transformer {
  /** @param key the storage key: bound to the value where the cipher can, so that values cannot be swapped */
  toStorage(key: string, plain: Uint8Array): Uint8Array;
  /** @returns stale: written with another key or provider than new values are. @throws Error when no key opens it */
  fromStorage(key: string, stored: Uint8Array): { plain: Uint8Array; stale: boolean };
}

/** One cipher with one key. */
interface Cipher {
  encrypt(key: string, plain: Uint8Array): Uint8Array;
  /** @throws Error */
  decrypt(key: string, data: Uint8Array): Uint8Array;
}

export type CipherName = "aescbc" | "aesgcm" | "secretbox";
type RandomBytes = (length: number) => Uint8Array;

const TOO_SHORT = "the stored data was shorter than the required size";

export function cipher(name: CipherName, secret: Uint8Array, random: RandomBytes): Cipher {
  switch (name) {
    case "aescbc":
      return aesCbc(secret, random);
    case "aesgcm":
      return aesGcm(secret, random);
    case "secretbox":
      return {
        encrypt: (_key, plain) => seal(plain, secret, random(24)),
        decrypt(_key, data) {
          const plain = open(data, secret);
          if (!plain) throw new Error("output array was not large enough for encryption");
          return plain;
        },
      };
  }
}

/** IV before the text, PKCS#7 padding. */
function aesCbc(secret: Uint8Array, random: RandomBytes): Cipher {
  const name = `aes-${secret.length * 8}-cbc`;
  return {
    encrypt(_key, plain) {
      const iv = random(16);
      const aes = createCipheriv(name, secret, iv);
      return Buffer.concat([iv, aes.update(plain), aes.final()]);
    },
    decrypt(_key, data) {
      if (data.length < 16) throw new Error(TOO_SHORT);
      const aes = createDecipheriv(name, secret, data.subarray(0, 16));
      return Buffer.concat([aes.update(data.subarray(16)), aes.final()]);
    },
  };
}

/** Nonce before the text, tag after it; the storage key is authenticated with it. */
function aesGcm(secret: Uint8Array, random: RandomBytes): Cipher {
  // Node's types want one of three names.
  const name = `aes-${(secret.length * 8) as 128 | 192 | 256}-gcm` as const;
  return {
    encrypt(key, plain) {
      const nonce = random(12);
      const aes = createCipheriv(name, secret, nonce).setAAD(Buffer.from(key));
      return Buffer.concat([nonce, aes.update(plain), aes.final(), aes.getAuthTag()]);
    },
    decrypt(key, data) {
      if (data.length < 12 + 16) throw new Error(TOO_SHORT);
      const end = data.length - 16;
      const aes = createDecipheriv(name, secret, data.subarray(0, 12)).setAAD(Buffer.from(key));
      aes.setAuthTag(data.subarray(end));
      return Buffer.concat([aes.update(data.subarray(12, end)), aes.final()]);
    },
  };
}

/** One entry of `providers`: a cipher with its keys, or identity. */
export type Provider =
  | { readonly name: "identity" }
  | { readonly name: CipherName; readonly keys: readonly { readonly name: string; readonly secret: Uint8Array }[] };

/** What a value may begin with, and how to read it then. "" = as it is. */
interface Reader {
  readonly prefix: string;
  readonly cipher: Cipher | undefined;
}

/**
 * Writes with the first key of the first provider, reads with all of them: `k8s:enc:aescbc:v1:key1:` and then the text.
 * (apiserver/pkg/storage/value PrefixTransformers)
 */
export function providerTransformer(providers: readonly Provider[], random: RandomBytes): Transformer {
  const readers = providers.flatMap((provider): Reader[] =>
    provider.name === "identity"
      ? [{ prefix: "", cipher: undefined }]
      : provider.keys.map((key) => ({
          prefix: `k8s:enc:${provider.name}:v1:${key.name}:`,
          cipher: cipher(provider.name, key.secret, random),
        })),
  );
  const first = readers[0];
  if (!first) throw new Error("encryption needs at least one provider");
  return {
    toStorage: (key, plain) =>
      first.cipher ? Buffer.concat([Buffer.from(first.prefix), first.cipher.encrypt(key, plain)]) : plain,
    fromStorage(key, stored) {
      const text = Buffer.from(stored.buffer, stored.byteOffset, stored.length);
      const isEncrypted = text.subarray(0, 8).toString("latin1") === "k8s:enc:";
      let failure: unknown;
      for (const [i, { prefix, cipher: with_ }] of readers.entries()) {
        if (!with_) {
          if (isEncrypted) continue;
          return { plain: stored, stale: i !== 0 };
        }
        if (!text.subarray(0, prefix.length).equals(Buffer.from(prefix))) continue;
        try {
          return { plain: with_.decrypt(key, text.subarray(prefix.length)), stale: i !== 0 };
        } catch (error) {
          // The same name may come twice, with the key before and after a rotation.
          failure = error;
        }
      }
      throw (
        failure ??
        new Error(isEncrypted ? "no matching prefix found" : "identity transformer tried to read encrypted data")
      );
    },
  };
}
