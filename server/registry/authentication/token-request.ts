import type { TokenRequest } from "../../../openapi/api/authentication.k8s.io.v1.ts";
import type { Pod, ServiceAccount } from "../../../openapi/api/core.v1.ts";
import type { ClaimedObject } from "../../auth/service-account/claims.ts";
import type { BoundTokenRequest } from "../../auth/service-account/token-issuer.ts";
import { badRequest, conflict, internalError, invalid, notFound } from "../../meta/errors.ts";
import { type FieldError, fieldInvalid } from "../../meta/field-error.ts";
import { goQuote } from "../../meta/go-quote.ts";
import type { KubeObject } from "../../meta/object.ts";
import { rfc3339 } from "../../meta/time.ts";
import type { RequestContext, Subresource, SubresourceCreate } from "../kind.ts";

const KIND = { group: "authentication.k8s.io", kind: "TokenRequest" };
const DEFAULT_SECONDS = 60 * 60;
const MIN_SECONDS = 10 * 60;
const MAX_SECONDS = 2 ** 32;
/** The lifetime that Pods' tokens ask for: an hour and a mark to be known by. (pkg/serviceaccount/claims.go) */
const POD_TOKEN_SECONDS = 60 * 60 + 7;
const EXTENDED_SECONDS = 365 * 24 * 60 * 60;

/** `token` of ServiceAccounts. (pkg/registry/core/serviceaccount/storage/token.go) */
export const tokenSubresource: Subresource<ServiceAccount> = {
  kind: { ...KIND, version: "v1" },
  verbs: ["create"],
  keepsSystemFields: true,
  defaults(body) {
    (body as TokenRequest).spec.expirationSeconds ??= DEFAULT_SECONDS; // the body is decoded as this subresource's kind
  },
  create: (request) => createToken(request),
};

async function createToken(request: SubresourceCreate): Promise<KubeObject> {
  const { context, name, namespace } = request;
  // The handler has decoded the body as this subresource's kind.
  const body = request.body as TokenRequest;
  checkIdentity(body, name, namespace);
  const account = await request.get<ServiceAccount>();
  const { uid = "" } = account.metadata;
  if (body.metadata.uid && body.metadata.uid !== uid) {
    const message = `the UID in the token request (${body.metadata.uid}) does not match the UID of the service account (${uid})`;
    throw conflict({ group: KIND.group, resource: KIND.kind }, name, message);
  }
  const { services, now } = context;
  const audiences = body.spec.audiences?.length ? body.spec.audiences : [...services.apiAudiences];
  let seconds = body.spec.expirationSeconds ?? DEFAULT_SECONDS;
  const errors = validateSeconds(seconds);
  if (errors.length) throw invalid(KIND, "", errors);

  const bound = boundObject(body, name, namespace, context);
  const { maxExpirationSeconds } = services.tokenIssuer;
  if (maxExpirationSeconds > 0 && seconds > maxExpirationSeconds) {
    context.warn(`requested expiration of ${seconds} seconds shortened to ${maxExpirationSeconds} seconds`);
    seconds = maxExpirationSeconds;
  }
  const { token, credentialId } = await sign(
    { serviceAccount: { namespace, name, uid }, audiences, now, expirationSeconds: seconds, boundTo: bound },
    context,
  );
  context.annotate("authentication.kubernetes.io/issued-credential-id", credentialId);
  return {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { ...body.metadata, name, namespace, uid, creationTimestamp: rfc3339(now) },
    spec: { ...body.spec, audiences, expirationSeconds: seconds },
    status: { token, expirationTimestamp: rfc3339(new Date(now.getTime() + seconds * 1000)) },
  } satisfies TokenRequest as KubeObject;
}

function checkIdentity({ metadata }: TokenRequest, name: string, namespace: string): void {
  const wrong = (field: string, value: string, what: string) =>
    invalid(KIND, name, [fieldInvalid(field, value, `must match the service account ${what} if specified`)]);
  if (metadata.name && metadata.name !== name) throw wrong("metadata.name", metadata.name, "name");
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw wrong("metadata.namespace", metadata.namespace, "namespace");
  }
}

function validateSeconds(seconds: number): FieldError[] {
  const field = "spec.expirationSeconds";
  const errors: FieldError[] = [];
  if (seconds < MIN_SECONDS) {
    errors.push(fieldInvalid(field, seconds, "may not specify a duration less than 10 minutes"));
  }
  if (seconds > MAX_SECONDS) {
    errors.push(fieldInvalid(field, seconds, "may not specify a duration larger than 2^32 seconds"));
  }
  return errors;
}

function boundObject(
  { spec }: TokenRequest,
  account: string,
  namespace: string,
  { reader }: RequestContext,
): BoundTokenRequest["boundTo"] {
  const reference = spec.boundObjectRef;
  if (!reference) return {};
  const { apiVersion = "", kind = "", name = "", uid } = reference;
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  const find = <T extends KubeObject>(resource: string, of: string): Readonly<T> => {
    if (!name) throw badRequest("Name parameter required.");
    const found = reader.get<T>({ group: "", resource }, of, name);
    if (!found) throw notFound({ group: "", resource }, name);
    return found;
  };
  const checked = (object: Readonly<KubeObject>): ClaimedObject => {
    if (uid && object.metadata.uid !== uid) {
      const message = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
      throw conflict({ group: "", resource: kind }, name, message);
    }
    return claimed(object);
  };
  switch (group ? "" : kind) {
    case "Pod": {
      const pod = find<Pod>("pods", namespace);
      if (pod.spec.serviceAccountName !== account) {
        const text = `cannot bind token for serviceaccount ${goQuote(account)} to pod running with different serviceaccount name.`;
        throw badRequest(text);
      }
      const { nodeName } = pod.spec;
      const node = nodeName ? reader.get({ group: "", resource: "nodes" }, "", nodeName) : undefined;
      // A node that is gone is still named, for whoever reads the token.
      return { ...(nodeName && { node: node ? claimed(node) : { name: nodeName } }), pod: checked(pod) };
    }
    case "Node":
      return { node: checked(find("nodes", "")) };
    case "Secret":
      return { secret: checked(find("secrets", namespace)) };
    default:
      throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`);
  }
}

const claimed = ({ metadata }: Readonly<KubeObject>): ClaimedObject => ({
  name: metadata.name ?? "",
  ...(metadata.uid && { uid: metadata.uid }),
});

async function sign(request: BoundTokenRequest, { services }: RequestContext) {
  const { tokenIssuer, apiAudiences } = services;
  const { boundTo, expirationSeconds, audiences } = request;
  // Old clients read a token once and never again: what they ask for lives a year, and warns after the hour.
  const extended =
    tokenIssuer.extendExpiration &&
    boundTo.pod !== undefined &&
    expirationSeconds === POD_TOKEN_SECONDS &&
    audiences.every((audience) => apiAudiences.includes(audience));
  const year = { expirationSeconds: EXTENDED_SECONDS, warnAfterSeconds: expirationSeconds };
  try {
    return await tokenIssuer.sign(extended ? { ...request, ...year } : request);
  } catch (error) {
    throw internalError(`failed to generate token: ${error instanceof Error ? error.message : error}`);
  }
}
