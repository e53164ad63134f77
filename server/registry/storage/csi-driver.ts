import type { CSIDriver, TokenRequest } from "../../../openapi/api/storage.k8s.io.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import { oneOf } from "../../meta/field-checks.ts";
import { type FieldError, fieldDuplicate, fieldInvalid, fieldRequired } from "../../meta/field-error.ts";
import { validateImmutable } from "../../meta/object-meta.ts";
import { repeated } from "../../meta/repeated.ts";
import { defineKind } from "../kind.ts";
import { bumpGeneration } from "../subresources.ts";

const MODES = ["Persistent", "Ephemeral"];
const GROUP_POLICIES = ["File", "None", "ReadWriteOnceWithFSType"];
const MIN_TOKEN_SECONDS = 600;
const MIN_PERIOD_SECONDS = 10;

/** CSIDriver, storage.k8s.io/v1. Follows pkg/registry/storage/csidriver and pkg/apis/storage/{v1,validation}. */
export const csiDriver = defineKind<CSIDriver>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  returnsDeletedObject: true,
  allowUnconditionalUpdate: false,
  defaults({ spec }) {
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
    if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ["Persistent"];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  // Scaling by volume limits is off by default.
  prepareForCreate({ spec }) {
    delete spec.preventPodSchedulingIfMissing;
  },
  prepareForUpdate(object, old) {
    if (old.spec.preventPodSchedulingIfMissing === undefined) delete object.spec.preventPodSchedulingIfMissing;
    bumpGeneration(object, old);
  },
  validate,
  validateUpdate: (object, old) => [
    ...validate(object),
    ...validateImmutable(object.spec.attachRequired, old.spec.attachRequired, "spec.attachedRequired"),
    ...validateImmutable(object.spec.volumeLifecycleModes, old.spec.volumeLifecycleModes, "spec.volumeLifecycleModes"),
  ],
  warnings({ spec }, old) {
    const isNew = spec.tokenRequests?.length && !semanticEqual(spec.tokenRequests, old?.spec.tokenRequests);
    return isNew && spec.serviceAccountTokenInSecrets === undefined ? [RECOMMENDATION] : [];
  },
});

const RECOMMENDATION =
  "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes";

function validate({ spec }: CSIDriver): FieldError[] {
  const { tokenRequests = [], nodeAllocatableUpdatePeriodSeconds: period, serviceAccountTokenInSecrets } = spec;
  const needed = (value: unknown, field: string) => (value === undefined ? [fieldRequired(`spec.${field}`, "")] : []);
  const errors = [
    // The name is upstream's.
    ...needed(spec.attachRequired, "attachedRequired"),
    ...needed(spec.podInfoOnMount, "podInfoOnMount"),
    ...needed(spec.storageCapacity, "storageCapacity"),
    ...oneOf(spec.fsGroupPolicy, GROUP_POLICIES, "spec.fsGroupPolicy"),
    ...validateTokenRequests(tokenRequests),
    ...(spec.volumeLifecycleModes ?? []).flatMap((mode) => oneOf(mode, MODES, "spec.volumeLifecycleModes")),
    ...needed(spec.seLinuxMount, "seLinuxMount"),
  ];
  if (period !== undefined && period < MIN_PERIOD_SECONDS) {
    const detail = "must be greater than or equal to 10 seconds";
    errors.push(fieldInvalid("spec.nodeAllocatableUpdatePeriodSeconds", period, detail));
  }
  if (serviceAccountTokenInSecrets !== undefined && tokenRequests.length === 0) {
    const detail = "serviceAccountTokenInSecrets is set but no tokenRequests are specified";
    errors.push(fieldInvalid("spec.serviceAccountTokenInSecrets", serviceAccountTokenInSecrets, detail));
  }
  return errors;
}

function validateTokenRequests(requests: readonly TokenRequest[]): FieldError[] {
  const repeats = repeated(requests, ({ audience }) => audience);
  return requests.flatMap(({ audience, expirationSeconds: seconds }, index) => {
    const field = `spec.tokenRequests[${index}]`;
    if (repeats.has(index)) return [fieldDuplicate(`${field}.audience`, audience)];
    if (seconds === undefined) return [];
    const wrong = (detail: string) => [fieldInvalid(`${field}.expirationSeconds`, seconds, detail)];
    if (seconds < MIN_TOKEN_SECONDS) return wrong("may not specify a duration less than 10 minutes");
    return seconds > 2 ** 32 ? wrong("may not specify a duration larger than 2^32 seconds") : [];
  });
}
