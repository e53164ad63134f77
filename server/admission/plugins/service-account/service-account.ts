import type { Pod, ServiceAccount } from "../../../../openapi/api/core.v1.ts";
import { goQuote } from "../../../meta/go-quote.ts";
import { validatePathSegmentName } from "../../../meta/names.ts";
import { forbidden } from "../../forbidden.ts";
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from "../../plugin.ts";
import { isMirrorPod } from "../../pod-containers.ts";
import { secretNames } from "../pod-secrets.ts";
import { ephemeralSecretProblem, mustBeMountable, secretProblem } from "./mountable-secrets.ts";
import { mountToken } from "./token-volume.ts";

const ACCOUNTS = { group: "", resource: "serviceaccounts" };
/** The controller makes "default" soon after its namespace. */
const DEFAULT_ATTEMPTS = 10;

/** Pods run as an account of their namespace and get its token. (plugin/pkg/admission/serviceaccount) */
export const serviceAccount: AdmissionPlugin<Pod> = {
  name: "ServiceAccount",
  resources: ["pods"],
  operations: ["CREATE", "UPDATE"],
  async admit(attributes, context) {
    const { object: pod, operation, subresource } = attributes;
    if (operation !== "CREATE" || subresource || !pod) return;
    if (isMirrorPod(pod.metadata)) return validateMirrorPod(attributes, pod);
    const { spec } = pod;
    spec.serviceAccountName ||= "default";
    spec.serviceAccount = spec.serviceAccountName;
    const account = await accountOf(attributes, context, spec.serviceAccountName);
    if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) {
      mountToken(spec, context.random);
    }
    if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
      spec.imagePullSecrets = account.imagePullSecrets.map(({ name = "" }) => ({ name }));
    }
    const problem = mustBeMountable(account) && secretProblem(account, spec);
    if (problem) throw forbidden(attributes, problem);
  },
  async validate(attributes, context) {
    const { object: pod, operation, subresource, namespace } = attributes;
    if (!pod) return;
    const isEphemeral = operation === "UPDATE" && subresource === "ephemeralcontainers";
    if (!isEphemeral && (operation !== "CREATE" || subresource)) return;
    if (!isEphemeral && isMirrorPod(pod.metadata)) return validateMirrorPod(attributes, pod);
    const name = pod.spec.serviceAccountName;
    if (!name) {
      throw forbidden(attributes, `no service account specified for pod ${namespace}/${pod.metadata.name ?? ""}`);
    }
    const account = await accountOf(attributes, context, name);
    if (!mustBeMountable(account)) return;
    const problem = isEphemeral ? ephemeralSecretProblem(account, pod.spec) : secretProblem(account, pod.spec);
    if (problem) throw forbidden(attributes, problem);
  },
};

/** The node runs such a Pod as it is in its file, whatever the API says: it may not lean on the API. */
function validateMirrorPod(attributes: AdmissionAttributes, pod: Pod): void {
  if (pod.spec.serviceAccountName) throw forbidden(attributes, "a mirror pod may not reference service accounts");
  if (secretNames(pod).length > 0) throw forbidden(attributes, "a mirror pod may not reference secrets");
  const sources = (pod.spec.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
  if (sources.some((source) => source.serviceAccountToken)) {
    throw forbidden(attributes, "a mirror pod may not use ServiceAccountToken volume projections");
  }
}

async function accountOf(
  attributes: AdmissionAttributes,
  { reader, random, sleep }: AdmissionContext,
  name: string,
): Promise<Readonly<ServiceAccount>> {
  const { namespace } = attributes;
  const attempts = name === "default" ? DEFAULT_ATTEMPTS : 1;
  const pause = 100 + Math.floor(random() * 100);
  for (let attempt = 1; ; attempt++) {
    const account = reader.get<ServiceAccount>(ACCOUNTS, namespace, name);
    if (account) return account;
    if (attempt === attempts) break;
    await sleep(pause);
  }
  const wrong = validatePathSegmentName(name);
  const notFound =
    wrong.length > 0
      ? `invalid resource name ${goQuote(name)}: [${wrong.join(" ")}]`
      : `serviceaccount ${goQuote(name)} not found`;
  throw forbidden(attributes, `error looking up service account ${namespace}/${name}: ${notFound}`);
}
