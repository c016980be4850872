import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";

/**
 * Preload for the commands of a stage: Lockstep reads the state of stacks and services every 100 ms instead of every second, because
 * the local AWS changes them in less than a second. No other wait changes.
 */
const LOCKSTEP_POLL_MS = 1000;
const POLL_MS = 100;

const { setTimeout: original } = timers;
timers.setTimeout = (ms, ...rest) => original(ms === LOCKSTEP_POLL_MS ? POLL_MS : ms, ...rest);
syncBuiltinESMExports();
