import type {
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
  QueuingConfiguration,
} from "../../../openapi/api/flowcontrol.apiserver.k8s.io.v1.ts";
import { semanticEqual } from "../../meta/equality.ts";
import {
  type FieldError,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from "../../meta/field-error.ts";
import { internalForm } from "../../meta/internal-form.ts";
import { defineKind } from "../kind.ts";
import { bumpGeneration, restore, status } from "../subresources.ts";
import { validateConditions } from "./conditions.ts";
import { mandatorySpec } from "./mandatory.ts";

const ZERO_SHARES = "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares";
const MAX_QUEUES = 10_000_000;
/** Of the hash that deals requests to queues. */
const MAX_HASH_BITS = 60;

/**
 * PriorityLevelConfiguration, flowcontrol.apiserver.k8s.io/v1. Follows pkg/registry/flowcontrol and pkg/apis/flowcontrol.
 */
export const priorityLevelConfiguration = defineKind<PriorityLevelConfiguration>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "PriorityLevelConfiguration",
  defaults({ spec: { limited, exempt } }) {
    if (exempt) {
      exempt.nominalConcurrencyShares ??= 0;
      exempt.lendablePercent ??= 0;
    }
    if (!limited) return;
    limited.nominalConcurrencyShares ??= 30;
    limited.lendablePercent ??= 0;
    const queuing = limited.limitResponse?.queuing;
    if (!queuing) return;
    queuing.handSize ||= 8;
    queuing.queues ||= 64;
    queuing.queueLengthLimit ||= 50;
  },
  prepareForCreate(object) {
    object.status = {};
    object.metadata.generation = 1;
  },
  prepareForUpdate(object, old) {
    bumpGeneration(object, old);
    restore(object, old, "status");
  },
  validate,
  updateChecks: ["whole", "own"],
  validateUpdate: validate,
  subresources: {
    status: {
      ...status<PriorityLevelConfiguration>({ keep: ["labels", "annotations", "ownerReferences", "finalizers"] }),
      verbs: ["get", "patch", "update"],
      updateChecks: ["own"],
      validateUpdate: (object) => validateConditions(object.status.conditions),
    },
  },
});

function validate({ metadata, spec, status: current }: PriorityLevelConfiguration): FieldError[] {
  const { name = "", annotations = {} } = metadata;
  const { type = "", limited, exempt } = spec;
  const errors: FieldError[] = [];
  if (annotations[ZERO_SHARES] !== undefined) {
    errors.push(fieldForbidden("metadata.annotations", `annotation '${ZERO_SHARES}' is forbidden`));
  }
  if ((name === "exempt") !== (type === "Exempt")) {
    errors.push(fieldInvalid("spec.type", type, "must be 'Exempt' if and only if `name` is 'exempt'"));
  }
  if (type === "Exempt") {
    if (limited) errors.push(fieldForbidden("spec.limited", "must be nil if the type is not Limited"));
    if (exempt) errors.push(...validateShares(exempt, "spec.exempt"), ...validateLendable(exempt, "spec.exempt"));
  } else if (type === "Limited") {
    if (exempt) errors.push(fieldForbidden("spec.exempt", "must be nil if the type is Limited"));
    if (limited) errors.push(...validateLimited(limited));
    else errors.push(fieldRequired("spec.limited", "must not be empty when type is Limited"));
  } else errors.push(fieldNotSupported("spec.type", type, ["Exempt", "Limited"]));
  return [...errors, ...validateMandatory(name, spec), ...validateConditions(current?.conditions)];
}

function validateMandatory(name: string, spec: PriorityLevelConfiguration["spec"]): FieldError[] {
  const mandatory = mandatorySpec("prioritylevelconfigurations", name) as typeof spec | undefined; // of this kind
  if (!mandatory) return [];
  const isExempt = name === "exempt";
  if (semanticEqual(isExempt ? { ...spec, exempt: mandatory.exempt } : spec, mandatory)) return [];
  const what = isExempt ? "except the 'spec.exempt' field must equal" : "must equal";
  return [
    fieldInvalid(
      "spec",
      internalForm("flowcontrol.PriorityLevelConfigurationSpec", spec),
      `spec of '${name}' ${what} the fixed value`,
    ),
  ];
}

interface Shares {
  readonly nominalConcurrencyShares?: number;
  readonly lendablePercent?: number;
}

function validateShares({ nominalConcurrencyShares: shares = 0 }: Shares, field: string): FieldError[] {
  if (shares >= 0) return [];
  return [fieldInvalid(`${field}.nominalConcurrencyShares`, shares, "must be a non-negative integer")];
}

function validateLendable({ lendablePercent: percent = 0 }: Shares, field: string): FieldError[] {
  if (percent >= 0 && percent <= 100) return [];
  return [fieldInvalid(`${field}.lendablePercent`, percent, "must be between 0 and 100, inclusive")];
}

function validateLimited(limited: Readonly<LimitedPriorityLevelConfiguration>): FieldError[] {
  const { limitResponse, borrowingLimitPercent: borrowing } = limited;
  const field = "spec.limited";
  const errors = validateShares(limited, field);
  const { type = "", queuing } = limitResponse ?? {};
  const response = `${field}.limitResponse`;
  if (type === "Reject") {
    const detail = "must be nil if limited.limitResponse.type is not Limited";
    if (queuing) errors.push(fieldForbidden(`${response}.queuing`, detail));
  } else if (type === "Queue") {
    const detail = "must not be empty if limited.limitResponse.type is Limited";
    if (queuing) errors.push(...validateQueuing(queuing, `${response}.queuing`));
    else errors.push(fieldRequired(`${response}.queuing`, detail));
  } else errors.push(fieldNotSupported(`${response}.type`, type, ["Queue", "Reject"]));
  errors.push(...validateLendable(limited, field));
  if (borrowing !== undefined && borrowing < 0) {
    const detail = "if specified, must be a non-negative integer";
    errors.push(fieldInvalid(`${field}.borrowingLimitPercent`, borrowing, detail));
  }
  return errors;
}

function validateQueuing(
  { queues, handSize, queueLengthLimit }: Readonly<QueuingConfiguration>,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const wrong = (member: string, value: number, detail: string) =>
    errors.push(fieldInvalid(`${field}.${member}`, value, detail));
  if (queueLengthLimit <= 0) wrong("queueLengthLimit", queueLengthLimit, "must be positive");
  if (queues <= 0) wrong("queues", queues, "must be positive");
  else if (queues > MAX_QUEUES) wrong("queues", queues, `must not be greater than ${MAX_QUEUES}`);
  const bits = Math.ceil(Math.log2(queues) * handSize);
  if (handSize <= 0) wrong("handSize", handSize, "must be positive");
  else if (handSize > queues) wrong("handSize", handSize, `should not be greater than queues (${queues})`);
  else if (bits > MAX_HASH_BITS) {
    const deal = `required entropy bits of deckSize ${queues} and handSize ${handSize}`;
    wrong("handSize", handSize, `${deal} should not be greater than ${MAX_HASH_BITS}`);
  }
  return errors;
}
