export { ConfigError, type ConfigProblem } from "./config-error.ts";
export { defineConfig } from "./define-config.ts";
export { loadConfig, projectRoot } from "./load-config.ts";
export type { ApiImage, LockstepConfig, LockstepConfigInput } from "./schema.ts";
