import { schemaForKind } from "../types.ts";
import type { Parameter } from "./parameters.ts";

export type Method = "get" | "put" | "post" | "delete" | "options" | "head" | "patch";

/** A body or an answer: a definition by name, plain text, or nothing. */
export type Content = { readonly definition: string } | "string" | undefined;

export interface Operation {
  readonly path: string;
  readonly method: Method;
  readonly id: string;
  readonly tag: string;
  readonly description: string;
  /** Absent on the operations of discovery. */
  readonly action?: string;
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string };
  /** Without those of the path, which are in `pathParameters`. */
  readonly parameters: readonly Parameter[];
  readonly body?: { readonly content: Content; readonly types: readonly string[]; readonly required: boolean };
  /** What swagger calls consumes when there is no body. */
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: Content }>>;
}

/** Prefix of the definitions that all groups share. */
export const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
export const JSON_AND_YAML = ["application/json", "application/yaml"];
export const ALL_TYPES = [...JSON_AND_YAML, "application/vnd.kubernetes.protobuf"];

/** Definition name of a kind; custom ones are named by their reversed group. */
export function definitionName(group: string, version: string, kind: string): string {
  const name = schemaForKind(group, version, kind)?.name;
  return name ?? `${group.split(".").reverse().join(".")}.${version}.${kind}`;
}

/** `rbac.authorization.k8s.io` to `RbacAuthorization` or, as a tag, `rbacAuthorization`. */
export function identifier(text: string, capital: boolean): string {
  const words = text.replace(/\.k8s\.io$/, "").split(/[^A-Za-z0-9]+/);
  return words.map((word, index) => (index > 0 || capital ? capitalise(word) : word)).join("");
}

/** `status` to `Status`. */
export function capitalise(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
