/** Type of Secrets that hold a service account's token, and the annotations that say whose. (pkg/apis/core) */
export const TOKEN_TYPE = "kubernetes.io/service-account-token";
export const ACCOUNT_NAME = "kubernetes.io/service-account.name";
export const ACCOUNT_UID = "kubernetes.io/service-account.uid";
