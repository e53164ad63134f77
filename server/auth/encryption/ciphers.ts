import { createCipheriv, createDecipheriv } from "node:crypto";
import { open, seal } from "./secretbox.ts";

/** One cipher with one key. */
export interface Cipher {
  encrypt(key: string, plain: Uint8Array): Uint8Array;
  /** @throws Error */
  decrypt(key: string, data: Uint8Array): Uint8Array;
}

export type CipherName = "aescbc" | "aesgcm" | "secretbox";
export type RandomBytes = (length: number) => Uint8Array;

export const TOO_SHORT = "the stored data was shorter than the required size";

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
export function aesGcm(secret: Uint8Array, random: RandomBytes): Cipher {
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
