/** The operations on an app's versions and what they work on, for those who rehearse whole histories of them. */
export { type AwsClients, createAwsClients, destroyAwsClients } from "./aws/clients.ts";
export { createStack } from "./aws/stacks.ts";
export { LockstepError } from "./base/lockstep-error.ts";
export { type PlatformOutputs, readPlatformOutputs } from "./base/outputs.ts";
export type { LockstepConfig } from "./config/config.ts";
export { defineConfig } from "./config/define-config.ts";
export type { Retirement } from "./janitor/retire.ts";
export { type JanitorReport, runJanitor } from "./janitor/run-janitor.ts";
export { readHistory } from "./lifecycle/history.ts";
export { brokenInvariant, type Ledger, parseLedger } from "./lifecycle/ledger.ts";
export { createLifecycle, edgeForgetsAfterMs, type Lifecycle } from "./lifecycle/lifecycle.ts";
export { projectMap, sameContent } from "./lifecycle/project-map.ts";
export { projectPointer, sameStatus } from "./lifecycle/project-pointer.ts";
export { type PromoteResult, promoteVersion, rollback } from "./operations/promote.ts";
export { type RecallResult, type RecallTarget, recallVersions } from "./operations/recall.ts";
export { retireVersion } from "./operations/retire-version.ts";
export { pushBundleImage } from "./release/bundle-image.ts";
export { type ReleaseOptions, release } from "./release/release.ts";
export { resumeRelease } from "./release/resume.ts";
export type { ReleaseResult } from "./release/to-readers.ts";
export {
  type SynthesizedVersionStack,
  synthVersionStack,
  type VersionStackProps,
} from "./version/version-stack.ts";
export type { OperationContext } from "./versions/context.ts";
