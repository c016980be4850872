export { ConfigError, type ConfigProblem } from "./config-error.ts";
export { defineConfig } from "./define-config.ts";
export { loadConfig, projectRoot } from "./load-config.ts";
export type { ApiBuild, ApiImage, LockstepConfig, LockstepConfigInput, PushImage } from "./schema.ts";
