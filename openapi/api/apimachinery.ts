// Made by openapi/generate-api.ts from openapi/facts/types. Do not edit.

export type Quantity = string;

export type RawExtension = Record<string, unknown>;

/** io.k8s.apimachinery.pkg.runtime.TypeMeta */
export interface TypeMeta {
  apiVersion?: string;
  kind?: string;
}

/** io.k8s.apimachinery.pkg.runtime.Unknown */
export interface Unknown {
  apiVersion?: string;
  kind?: string;
}

export type IntOrString = number | string;

/** io.k8s.apimachinery.pkg.version.Info */
export interface Info {
  major: string;
  minor: string;
  emulationMajor?: string;
  emulationMinor?: string;
  minCompatibilityMajor?: string;
  minCompatibilityMinor?: string;
  gitVersion: string;
  gitCommit: string;
  gitTreeState: string;
  buildDate: string;
  goVersion: string;
  compiler: string;
  platform: string;
}
