import { type Action, defineController, type Key, type Lister } from "../../client/index.ts";
import type { SubjectAccessReview } from "../../openapi/api/authorization.k8s.io.v1.ts";
import type { CertificateSigningRequest } from "../../openapi/api/certificates.k8s.io.v1.ts";
import type { CertificateRequest } from "../../pki/certificate-request.ts";
import { clientProblem } from "./kubelet-request.ts";
import { hasCondition, parseRequest, REQUESTS, type RequestView } from "./request.ts";

interface Listers {
  requests: Lister<CertificateSigningRequest>;
}

/** A kind of request that may be approved unseen, and the permission that its author needs for it. */
interface Recognizer {
  recognizes(request: RequestView, parsed: CertificateRequest): boolean;
  subresource: string;
  message: string;
}

const isNodeClient = ({ spec }: RequestView, parsed: CertificateRequest) =>
  spec.signerName === "kubernetes.io/kube-apiserver-client-kubelet" && !clientProblem(parsed, spec.usages ?? []);

const RECOGNIZERS: readonly Recognizer[] = [
  {
    recognizes: (request, parsed) =>
      request.spec.username === parsed.subject.commonName && isNodeClient(request, parsed),
    subresource: "selfnodeclient",
    message: "Auto approving self kubelet client certificate after SubjectAccessReview.",
  },
  {
    recognizes: isNodeClient,
    subresource: "nodeclient",
    message: "Auto approving kubelet client certificate after SubjectAccessReview.",
  },
];

/** First pause before a refused request is looked at again; permissions may come later. Longest: 1000 s. */
const FIRST_PAUSE_MS = 200;
const LAST_PAUSE_MS = 1_000_000;

/** Approves kubelets' requests for client certificates. Follows pkg/controller/certificates/approver. */
export function reconcile(key: Key, { requests }: Listers, now: Date): Action[] {
  const request = requests.get(key);
  if (!request || request.status.certificate || hasCondition(request, "Approved", "Denied")) return [];
  const parsed = parseRequest(request);
  return ask(
    request,
    RECOGNIZERS.filter((one) => one.recognizes(request, parsed)),
    now,
  );
}

/** Asks for one permission after the other. Refused, it waits as long as the request is old: the pauses double. */
function ask(request: RequestView, [first, ...rest]: readonly Recognizer[], now: Date): Action[] {
  if (!first) return [];
  return [
    {
      do: "batch",
      actions: [
        { do: "create", resource: "authorization.k8s.io/v1/subjectaccessreviews", object: review(request, first) },
      ],
      after([result]) {
        if (!result?.ok) return [{ do: "fail", error: result?.error ?? new Error("no answer") }];
        // The answer is the review with its status.
        if ((result.object as SubjectAccessReview | undefined)?.status?.allowed)
          return [approve(request, first.message)];
        if (rest.length) return ask(request, rest, now);
        const age = now.getTime() - Date.parse(request.metadata.creationTimestamp ?? now.toISOString());
        return [{ do: "requeue", afterMs: Math.min(Math.max(age, FIRST_PAUSE_MS), LAST_PAUSE_MS) }];
      },
    },
  ];
}

function review({ spec }: RequestView, { subresource }: Recognizer): SubjectAccessReview {
  return {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    metadata: {},
    spec: {
      user: spec.username,
      uid: spec.uid,
      groups: spec.groups,
      extra: spec.extra,
      resourceAttributes: {
        group: "certificates.k8s.io",
        resource: "certificatesigningrequests",
        verb: "create",
        subresource,
        version: "*",
      },
    },
    status: { allowed: false },
  };
}

function approve(request: RequestView, message: string): Action {
  const condition = { type: "Approved", status: "True", reason: "AutoApproved", message };
  const conditions = [...(request.status.conditions ?? []), condition];
  const body = { ...request, status: { ...request.status, conditions } };
  return { do: "updateSubresource", resource: REQUESTS, subresource: "approval", object: request, body };
}

export const certificateApprovingController = defineController<Listers>({
  name: "certificatesigningrequest-approving-controller",
  watches: { for: REQUESTS },
  listers: (get) => ({ requests: get(REQUESTS) }),
  reconcile: (key, listers, { now }) => reconcile(key, listers, now),
});
