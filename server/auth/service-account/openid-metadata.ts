import type { TokenKey } from "../../../pki/service-account-key.ts";

/** What strangers need to check the cluster's service-account tokens. (pkg/serviceaccount/openidmetadata.go) */
export interface OpenIdDocuments {
  /** /.well-known/openid-configuration */
  configuration(): Promise<string>;
  /** /openid/v1/jwks */
  jwks(): Promise<string>;
}

export interface OpenIdOptions {
  readonly issuer: string;
  /** `--service-account-jwks-uri`; "" = at the server's own address. */
  readonly jwksUri: string;
  readonly serverAddress: () => string;
  /** May still be in the making when the server starts. */
  readonly keys: Promise<readonly TokenKey[]>;
}

export function openIdDocuments({ issuer, jwksUri, serverAddress, keys }: OpenIdOptions): OpenIdDocuments {
  return {
    configuration: async () =>
      JSON.stringify({
        issuer,
        jwks_uri: jwksUri || `https://${serverAddress()}/openid/v1/jwks`,
        response_types_supported: ["id_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: [...new Set((await keys).map((key) => key.algorithm))].sort(),
      }),
    jwks: async () => JSON.stringify({ keys: (await keys).map(jwk) }),
  };
}

function jwk({ publicKey, keyId, algorithm }: TokenKey): object {
  const { kty, ...parts } = publicKey.export({ format: "jwk" });
  return { use: "sig", kty, kid: keyId, alg: algorithm, ...parts };
}
