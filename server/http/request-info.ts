/** What a URL and method ask for. (apiserver/pkg/endpoints/request/requestinfo.go) */
export interface RequestInfo {
  readonly isResourceRequest: boolean;
  readonly path: string;
  /** For resources: get list watch create update patch delete deletecollection; else the lower-case method. */
  readonly verb: string;
  /** `api` or `apis`. */
  readonly apiPrefix: string;
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Path segments from the resource on. */
  readonly parts: readonly string[];
}
