import type { TokenKey } from "../pki/service-account-key.ts";

/** What strangers need to check the cluster's service-account tokens. (pkg/serviceaccount/openidmetadata.go) */
export interface OpenIdDocuments {
  /** /.well-known/openid-configuration */
  configuration(): string;
  /** /openid/v1/jwks */
  jwks(): string;
}

export interface OpenIdOptions {
  readonly issuer: string;
  /** `--service-account-jwks-uri`; "" = at the server's own address. */
  readonly jwksUri: string;
  readonly serverAddress: () => string;
  readonly keys: readonly TokenKey[];
}

export function openIdDocuments({ issuer, jwksUri, serverAddress, keys }: OpenIdOptions): OpenIdDocuments {
  return {
    configuration: () =>
      JSON.stringify({
        issuer,
        jwks_uri: jwksUri || `https://${serverAddress()}/openid/v1/jwks`,
        response_types_supported: ["id_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: [...new Set(keys.map((key) => key.algorithm))].sort(),
      }),
    jwks: () => JSON.stringify({ keys: keys.map(jwk) }),
  };
}

function jwk({ publicKey, keyId, algorithm }: TokenKey): object {
  const { kty, ...parts } = publicKey.export({ format: "jwk" });
  return { use: "sig", kty, kid: keyId, alg: algorithm, ...parts };
}
