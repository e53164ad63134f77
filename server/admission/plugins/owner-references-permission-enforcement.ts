import type { Attributes } from "../../auth/authorizer.ts";
import { semanticEqual } from "../../meta/equality.ts";
import type { OwnerReference } from "../../meta/object.ts";
import { forbidden } from "../forbidden.ts";
import type { AdmissionAttributes, AdmissionContext, AdmissionPlugin } from "../plugin.ts";

/**
 * Only who may delete a thing may give it an owner, and only who may hold up an owner's deletion may have it held up.
 * Off by default. (plugin/pkg/admission/gc)
 */
export const ownerReferencesPermissionEnforcement: AdmissionPlugin = {
  name: "OwnerReferencesPermissionEnforcement",
  operations: ["CREATE", "UPDATE"],
  async validate(attributes, context) {
    const { group, resource, subresource, operation, object, oldObject } = attributes;
    // Old kubelets garble them; the strategy keeps what they send out.
    if (!group && resource === "pods" && subresource === "status") return;
    const references = object?.metadata?.ownerReferences ?? [];
    const old = oldObject?.metadata.ownerReferences ?? [];
    if (semanticEqual(references, old)) return;
    if (operation !== "CREATE") await mustAllowDelete(attributes, context);
    const blocking = references.filter(
      ({ uid, blockOwnerDeletion }) =>
        blockOwnerDeletion && !old.some((before) => before.uid === uid && before.blockOwnerDeletion),
    );
    if (blocking.length > 0) await mustAllowBlocking(attributes, context, blocking);
  },
};

async function mustAllowDelete(attributes: AdmissionAttributes, { authorizer }: AdmissionContext): Promise<void> {
  const { user, namespace, group, version, resource, subresource, name } = attributes;
  const asked = { namespace, group, version, resource, subresource, name };
  const { decision, reason, error } = await authorizer.authorize({ ...question(user, "delete"), ...asked });
  if (decision === "allow") return;
  const because = `${reason}, ${error ?? "<nil>"}`;
  throw forbidden(attributes, `cannot set an ownerRef on a resource you can't delete: ${because}`);
}

async function mustAllowBlocking(
  attributes: AdmissionAttributes,
  { authorizer, resourcesOf }: AdmissionContext,
  references: readonly OwnerReference[],
): Promise<void> {
  const { user, namespace } = attributes;
  const anything = { group: "*", version: "*", resource: "*", subresource: "finalizers", name: "*" };
  if ((await authorizer.authorize({ ...question(user, "update"), ...anything })).decision === "allow") return;
  for (const { apiVersion, kind, name } of references) {
    const [group, version] = apiVersion.includes("/") ? apiVersion.split("/", 2) : ["", apiVersion];
    const found = resourcesOf(group!, version!, kind);
    if (found.length === 0) {
      const text = `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${apiVersion} Kind ${kind}`;
      throw forbidden(attributes, `${text}: no matches for kind "${kind}" in version "${apiVersion}"`);
    }
    for (const { resource, namespaced } of found) {
      const asked = { group: group!, version: version!, resource, subresource: "finalizers", name };
      const scope = { namespace: namespaced ? namespace : "" };
      const answer = await authorizer.authorize({ ...question(user, "update"), ...asked, ...scope });
      if (answer.decision === "allow") continue;
      const text =
        "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on";
      throw forbidden(attributes, `${text}: ${answer.reason}, ${answer.error ?? "<nil>"}`);
    }
  }
}

function question(user: Attributes["user"], verb: string) {
  return { user, verb, resourceRequest: true, namespace: "", path: "" };
}
