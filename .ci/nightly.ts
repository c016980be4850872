import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// `npm run test:nightly`: the searches of the normal run, longer and with a random seed. The seed is printed first, so that a
// failure can be repeated: LOCKSTEP_SEED=<seed> npm run test:nightly

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SEED = process.env.LOCKSTEP_SEED ?? String(randomInt(2 ** 31));
const SUITES = ["test/model", "test/edge/functions-fuzz", "test/edge/route-fuzz"];

const longer = {
  LOCKSTEP_SEED: SEED,
  LOCKSTEP_HISTORIES: process.env.LOCKSTEP_HISTORIES ?? "20000",
  LOCKSTEP_FUZZ: process.env.LOCKSTEP_FUZZ ?? "1000000",
};
console.log(
  Object.entries(longer)
    .map(([name, value]) => `${name}=${value}`)
    .join(" "),
);
const { status } = spawnSync(
  process.execPath,
  [join(ROOT, "run.mjs"), "vitest", "run", ...SUITES, "test/story/killed-releases"],
  { cwd: ROOT, env: { ...process.env, ...longer }, stdio: "inherit" },
);
process.exitCode = status ?? 1;
