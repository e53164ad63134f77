import type { CompileOptions } from "../../cel/compile.ts";
import { AUTHORIZER_TYPE, RESOURCE_CHECK_TYPE } from "../../cel/library/authorizer.ts";
import { patchLibrary, patchStruct } from "../../cel/library/patch.ts";
import { BOOL, type CelType, DYN, INT, listOf, mapOf, objectOf, STRING, TIMESTAMP } from "../../cel/types.ts";

/** What is behind these is no object of a schema but a plain map, in which null is null. */
const object = (name: string, fields: Readonly<Record<string, CelType>>): CelType => ({
  ...objectOf(`kubernetes.${name}`, new Map(Object.entries(fields).map(([key, type]) => [key, { key, type }]))),
  keepsNull: true,
});

const kind = object("GroupVersionKind", { group: STRING, version: STRING, kind: STRING });
const resource = object("GroupVersionResource", { group: STRING, version: STRING, resource: STRING });

/** The AdmissionRequest as expressions see it. (apiserver/pkg/admission/plugin/cel/compile.go BuildRequestType) */
const REQUEST: CelType = object("AdmissionRequest", {
  kind,
  resource,
  subResource: STRING,
  requestKind: kind,
  requestResource: resource,
  requestSubResource: STRING,
  name: STRING,
  namespace: STRING,
  operation: STRING,
  userInfo: object("UserInfo", {
    username: STRING,
    uid: STRING,
    groups: listOf(STRING),
    extra: mapOf(STRING, listOf(STRING)),
  }),
  dryRun: BOOL,
  options: DYN,
});

/** What is told of the namespace of the request. (BuildNamespaceType) */
const NAMESPACE: CelType = object("Namespace", {
  metadata: object("NamespaceMetadata", {
    name: STRING,
    generateName: STRING,
    namespace: STRING,
    labels: mapOf(STRING, STRING),
    annotations: mapOf(STRING, STRING),
    // Upstream spells it so, and the object never has such a field.
    UID: STRING,
    creationTimestamp: TIMESTAMP,
    deletionGracePeriodSeconds: INT,
    deletionTimestamp: TIMESTAMP,
    generation: INT,
    resourceVersion: STRING,
    finalizers: listOf(STRING),
  }),
  spec: object("NamespaceSpec", { finalizers: listOf(STRING) }),
  status: object("NamespaceStatus", {
    conditions: listOf(
      object("NamespaceCondition", {
        status: STRING,
        type: STRING,
        lastTransitionTime: TIMESTAMP,
        message: STRING,
        reason: STRING,
      }),
    ),
    phase: STRING,
  }),
});

/** Which variables an expression has besides object, oldObject, request and namespaceObject. */
export interface Scope {
  readonly hasParams: boolean;
  readonly hasAuthorizer: boolean;
  /** Patches can be written out. */
  readonly hasPatchTypes?: boolean;
  /** Variables of the policy that come before it. Absent: `variables` is not declared. */
  readonly variables?: ReadonlyMap<string, CelType>;
}

/** (apiserver/pkg/admission/plugin/cel/compile.go createEnvForOpts) */
export function declarationsFor({ hasParams, hasAuthorizer, hasPatchTypes, variables }: Scope): CompileOptions {
  return {
    variables: {
      object: DYN,
      oldObject: DYN,
      namespaceObject: NAMESPACE,
      request: REQUEST,
      ...(hasParams && { params: DYN }),
      ...(hasAuthorizer && { authorizer: AUTHORIZER_TYPE, "authorizer.requestResource": RESOURCE_CHECK_TYPE }),
      ...(variables && { variables: object("variables", Object.fromEntries(variables)) }),
    },
    ...(hasPatchTypes && { functions: patchLibrary, structs: patchStruct }),
  };
}
