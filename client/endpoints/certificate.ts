import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../logger.ts";

/** Where the certificate of a component's endpoints comes from; with neither, it is made and kept in memory. */
export interface CertificateSource {
  /** Both or none. */
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Folder of a pair named for the component, which is made when it is not there. */
  readonly directory?: string;
}

/** PEM. */
export interface ServingCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateOptions extends CertificateSource {
  /** Name of the pair's files. */
  readonly component: string;
  /** Address to be reached at, besides localhost. */
  readonly host: string;
  readonly now: Date;
  readonly logger: Logger;
}

/** As the options of serving of upstream's components. (apiserver/pkg/server/options/serving.go) @throws Error */
export async function servingCertificate(options: CertificateOptions): Promise<ServingCertificate> {
  const { certFile, keyFile, directory, component, logger } = options;
  if (certFile && keyFile) return readPair(certFile, keyFile);
  if (certFile || keyFile) throw new Error("--tls-cert-file and --tls-private-key-file must be given together");
  if (!directory) return selfSigned(options);
  const [cert, key] = [join(directory, `${component}.crt`), join(directory, `${component}.key`)];
  const known = await readPair(cert, key).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (known) return known;
  const made = await selfSigned(options);
  await mkdir(directory, { recursive: true, mode: 0o755 });
  await writeFile(cert, made.certificate, { mode: 0o644 });
  await writeFile(key, made.key, { mode: 0o600 });
  logger.info({ cert, key }, "generated a self-signed certificate");
  return made;
}

const readPair = async (cert: string, key: string): Promise<ServingCertificate> => ({
  certificate: await readFile(cert, "utf8"),
  key: await readFile(key, "utf8"),
});

async function selfSigned({ host, now }: CertificateOptions): Promise<ServingCertificate> {
  // Loaded only by those that serve something.
  const { selfSignedCertificate } = await import("../../pki/self-signed.ts");
  return selfSignedCertificate("localhost", [...new Set(["127.0.0.1", host])], now);
}
