import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// `npm run test:nightly`: every random search of the normal run, longer and with a random seed. It prints the seed first, so
// that a failure can be repeated: LOCKSTEP_SEED=<seed> npm run test:nightly. With `--list` it only lists the test files.

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Fewer searches mean that this script no longer finds them. */
const FEWEST_SUITES = 20;
const LONGER: Record<string, string> = {
  LOCKSTEP_SEED: String(randomInt(2 ** 31)),
  LOCKSTEP_HISTORIES: "20000",
  LOCKSTEP_FUZZ: "1000000",
  LOCKSTEP_PROPERTY_RUNS: "1000",
};

const suites = globSync(["{edge,client,web,api,infra,local}/test/**/*.test.{ts,tsx}", "test/**/*.test.ts"], {
  cwd: ROOT,
  exclude: (path) => path.includes("node_modules"),
})
  .filter((path) =>
    /from "fast-check"|from "(?:\.\.\/)+seed\.ts"/.test(readFileSync(join(ROOT, path), "utf8")),
  )
  .sort();
if (suites.length < FEWEST_SUITES)
  throw new Error(
    `Only ${suites.length} test files with a search were found; at least ${FEWEST_SUITES} are expected`,
  );

const chosen = Object.entries(LONGER).map(([name, value]) => [name, process.env[name] ?? value]);
console.log(chosen.map(([name, value]) => `${name}=${value}`).join(" "));
const list = process.argv.includes("--list");
const { status } = spawnSync(
  process.execPath,
  [join(ROOT, "run.mjs"), "vitest", ...(list ? ["list", "--filesOnly"] : ["run"]), ...suites],
  { cwd: ROOT, env: { ...process.env, ...Object.fromEntries(chosen) }, stdio: "inherit" },
);
process.exitCode = status ?? 1;
