/** A container's configuration cannot be made: `CreateContainerConfigError`. */
export class ConfigError extends Error {}
