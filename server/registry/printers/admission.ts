import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from "../../../openapi/api/admissionregistration.k8s.io.v1.ts";
import type { LabelSelector } from "../../../openapi/api/meta.k8s.io.v1.ts";
import type { Printers } from "./cells.ts";

export const admissionPrinters: Printers = {
  "admissionregistration.k8s.io/mutatingadmissionpolicies": {
    Mutations: ({ spec }: MutatingAdmissionPolicy) => spec?.mutations?.length ?? 0,
    ParamKind: ({ spec }: MutatingAdmissionPolicy) => paramKind(spec?.paramKind),
  },
  "admissionregistration.k8s.io/mutatingadmissionpolicybindings": {
    PolicyName: ({ spec }: MutatingAdmissionPolicyBinding) => spec?.policyName ?? "",
    ParamRef: ({ spec }: MutatingAdmissionPolicyBinding) => paramRef(spec?.paramRef),
  },
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": {
    Webhooks: ({ webhooks }: MutatingWebhookConfiguration) => webhooks?.length ?? 0,
  },
  "admissionregistration.k8s.io/validatingadmissionpolicies": {
    Validations: ({ spec }: ValidatingAdmissionPolicy) => spec?.validations?.length ?? 0,
    ParamKind: ({ spec }: ValidatingAdmissionPolicy) => paramKind(spec?.paramKind),
  },
  "admissionregistration.k8s.io/validatingadmissionpolicybindings": {
    PolicyName: ({ spec }: ValidatingAdmissionPolicyBinding) => spec?.policyName ?? "",
    ParamRef: ({ spec }: ValidatingAdmissionPolicyBinding) => paramRef(spec?.paramRef),
  },
  "admissionregistration.k8s.io/validatingwebhookconfigurations": {
    Webhooks: ({ webhooks }: ValidatingWebhookConfiguration) => webhooks?.length ?? 0,
  },
};

function paramKind(kind: { apiVersion?: string; kind?: string } | undefined): string {
  return kind ? `${kind.apiVersion ?? ""}/${kind.kind ?? ""}` : "<unset>";
}

function paramRef(reference: ParamRef | undefined): string {
  if (!reference) return "<unset>";
  // Whether the parameter is in a namespace cannot be told from here.
  if (reference.name) return `${reference.namespace || "*"}/${reference.name}`;
  return reference.selector ? goSelector(reference.selector) : "<unset>";
}

/** As the type's generated String() prints it. (apimachinery/pkg/apis/meta/v1/generated.pb.go) */
function goSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.keys(matchLabels)
    .sort()
    .map((key) => `${key}: ${matchLabels[key]},`);
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
  );
  const lists = `MatchExpressions:[]LabelSelectorRequirement{${expressions.join("")}}`;
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join("")}},${lists},}`;
}
