import fc from "fast-check";

// Vitest loads this before every test file: each random search starts from the same seed, in every package. Only
// `npm run test:nightly` sets a random one.

/** The seed of all random searches. */
export const SEED = Number(process.env.LOCKSTEP_SEED ?? 20_261_122);
if (!Number.isInteger(SEED)) throw new Error(`LOCKSTEP_SEED is not an integer: ${process.env.LOCKSTEP_SEED}`);

/** How often a property runs that sets no number itself; fast-check's default is 100. */
const PROPERTY_RUNS = Number(process.env.LOCKSTEP_PROPERTY_RUNS ?? 100);

fc.configureGlobal({ seed: SEED, numRuns: PROPERTY_RUNS });
