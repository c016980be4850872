/**
 * Preload for the genuine cdk: it reads the state of a stack or change set every 50 ms instead of every 5 s. cdk's interval is fixed
 * (`waitFor` in aws-cdk 2.1148), and the local AWS changes a stack in less than a second. Nothing else of cdk changes.
 *
 *     NODE_OPTIONS="--import <this file>" cdk deploy …
 */
const CDK_POLL_MS = 5000;
const POLL_MS = 50;

const { setTimeout: original } = globalThis;
const replacement = (act: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
  original(act, ms === CDK_POLL_MS ? POLL_MS : ms, ...args);
// With `util.promisify.custom`, without which `promisify(setTimeout)` would call back with an error.
globalThis.setTimeout = Object.defineProperties(
  replacement,
  Object.getOwnPropertyDescriptors(original),
) as typeof setTimeout;
