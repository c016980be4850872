import { createLockstep, type Lockstep } from "./lockstep.ts";

export { type KeepFormOptions, keepForm } from "./keep-form.ts";
export type { Lockstep } from "./lockstep.ts";
export type { LockstepState, Status } from "./state.ts";
export type { Policy } from "./update-policy.ts";

/** Version state and reloads of this page. Each page has its own; tabs never share it. */
export const lockstep: Lockstep = createLockstep(globalThis.window);
