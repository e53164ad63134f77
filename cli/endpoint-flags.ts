import { isIP } from "node:net";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type EndpointAddress, OPEN_PATHS } from "../client/index.ts";
import { wholeNumber } from "./flags.ts";

/** Flags of the endpoints of a component, as upstream's. */
export interface EndpointFlags {
  securePort: number;
  bindAddress: string;
  certDir?: string;
  tlsCertFile?: string;
  tlsPrivateKeyFile?: string;
  authorizationAlwaysAllowPaths: readonly string[];
}

/** @param port upstream's, and so the one when none is named */
export function addEndpointFlags(command: Command, port: number): void {
  command
    .addOption(
      new Option("--secure-port <number>", "port of /healthz, /livez, /readyz, /metrics and /configz; 0 for none")
        .argParser(wholeNumber(0, 65535))
        .default(port),
    )
    .addOption(
      new Option("--bind-address <ip>", "address of that port")
        .argParser((text: string) => {
          if (!isIP(text)) throw new InvalidArgumentError("must be an IP address.");
          return text;
        })
        .default("127.0.0.1"),
    )
    .option("--cert-dir <dir>", "folder of the certificate, which is made there (default: in memory)")
    .option("--tls-cert-file <file>", "certificate to serve with")
    .option("--tls-private-key-file <file>", "key of that certificate")
    .addOption(
      new Option("--authorization-always-allow-paths <list>", "paths that anybody may ask for")
        .argParser((text: string) => text.split(",").filter(Boolean))
        .default(OPEN_PATHS, OPEN_PATHS.join(",")),
    );
}

/** @returns undefined: nothing is served */
export function endpointAddress(flags: EndpointFlags, command: Command): EndpointAddress | undefined {
  const { securePort, bindAddress, certDir, tlsCertFile, tlsPrivateKeyFile, authorizationAlwaysAllowPaths } = flags;
  if (!securePort) return undefined;
  return {
    host: bindAddress,
    port: securePort,
    isOptional: command.getOptionValueSource("securePort") === "default",
    certificate: {
      ...(tlsCertFile && { certFile: tlsCertFile }),
      ...(tlsPrivateKeyFile && { keyFile: tlsPrivateKeyFile }),
      ...(certDir && { directory: certDir }),
    },
    openPaths: authorizationAlwaysAllowPaths,
  };
}
