import { groupVersionPath } from "./api-resource.ts";
import { ALL_TYPES, type Content, capitalise, identifier, META, type Operation } from "./operation.ts";

/** `GET` of the resources of a group version. */
export function discoveryOperation(group: string, version: string): Operation {
  const groupId = identifier(group || "core", true);
  const tag = `${identifier(group || "core", false)}_${version}`;
  return getOperation({
    path: `/${groupVersionPath(group, version)}/`,
    id: `get${groupId}${capitalise(version)}APIResources`,
    tag,
    description: "get the resources of this version",
    content: { definition: `${META}APIResourceList` },
  });
}

/** `GET` of a group, of all groups, or of the core versions. */
export function groupOperation(path: "api" | "apis" | { readonly group: string }): Operation {
  if (path === "api")
    return getOperation({
      path: "/api/",
      id: "getCoreAPIVersions",
      tag: "core",
      description: "get the versions of the core group",
      content: { definition: `${META}APIVersions` },
    });
  if (path === "apis")
    return getOperation({
      path: "/apis/",
      id: "getAPIVersions",
      tag: "apis",
      description: "get all groups",
      content: { definition: `${META}APIGroupList` },
    });
  return getOperation({
    path: `/apis/${path.group}/`,
    id: `get${identifier(path.group, true)}APIGroup`,
    tag: identifier(path.group, false),
    description: "get this group",
    content: { definition: `${META}APIGroup` },
  });
}

/** A `GET` outside the API groups. */
export function getOperation(options: {
  path: string;
  id: string;
  tag: string;
  description: string;
  content: Content;
  types?: readonly string[];
  consumes?: readonly string[];
}): Operation {
  const types = options.types ?? ALL_TYPES;
  const { path, id, tag, description, consumes = types } = options;
  const responses = { "200": { description: "OK", content: options.content } };
  return { path, method: "get", id, tag, description, parameters: [], consumes, produces: types, responses };
}
