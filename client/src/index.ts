import { createLockstep, type Lockstep } from "./lockstep.ts";

export { type KeepFormOptions, keepForm } from "./keep-form.ts";
export type { Lockstep } from "./lockstep.ts";
export type { LockstepState, Status } from "./state.ts";
export type { Policy } from "./update-policy.ts";

/** This page's versions. One per page: a tab never shares it with another. */
export const lockstep: Lockstep = createLockstep(globalThis.window);
