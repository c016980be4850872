export {
  createLockstep,
  type Lockstep,
  type LockstepOptions,
  type LockstepState,
  type Status,
} from "./lockstep.ts";
export { readPageVersion } from "./page-version.ts";
export { type PinnedFetchOptions, pinnedFetch } from "./pinned-fetch.ts";
