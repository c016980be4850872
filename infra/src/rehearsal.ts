// For the tests of other packages, which run whole histories of versions. One file, so that infra can move its modules.

export { type AwsClients, createAwsClients, destroyAwsClients } from "./aws/clients.ts";
export { createStack } from "./aws/stacks.ts";
export { LockstepError } from "./base/lockstep-error.ts";
export { type PlatformOutputs, readPlatformOutputs } from "./base/outputs.ts";
export type { LockstepConfig } from "./config/config.ts";
export { defineConfig } from "./config/define-config.ts";
export type { VersionStackProps } from "./constructs/version-resources.ts";
export { type SynthesizedVersionStack, synthVersionStack } from "./constructs/version-stack.ts";
export { type JanitorReport, runJanitor } from "./janitor/run-janitor.ts";
export { readHistory } from "./lifecycle/history.ts";
export { brokenInvariant, type Ledger, parseLedger } from "./lifecycle/ledger.ts";
export { createLifecycle, type Lifecycle, oldMapsExpireAfterMs } from "./lifecycle/lifecycle.ts";
export { projectMap, sameContent } from "./lifecycle/project-map.ts";
export { projectPointer, sameStatus } from "./lifecycle/project-pointer.ts";
export { type PromoteResult, promoteVersion, rollback } from "./operations/promote.ts";
export { type RecallResult, type RecallTarget, recallVersions } from "./operations/recall.ts";
export { retireVersion } from "./operations/retire-version.ts";
export type { ReleaseResult } from "./release/publish/bring-to-users.ts";
export { type ReleaseOptions, release } from "./release/release.ts";
export { resumeRelease } from "./release/resume.ts";
export type { OperationContext } from "./versions/context.ts";
export type { Retirement } from "./versions/retire.ts";
