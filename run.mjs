// Starts everything: on a machine with only some Node (20.19 or later) and npm it installs what the lockfile names, then
// runs the wanted tool on the Node 24 that comes as a dev dependency. Plain JavaScript, because it runs before both.
//
//   node run.mjs <file.ts> [arguments]      a TypeScript entry of ours
//   node run.mjs <tool> [arguments]         vitest, cdk, biome … from node_modules/.bin
//
// `--local` (for release, lockstep and cdk) points the run at the local AWS that `npm start` left in .lockstep/local.json.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const bin = join(root, "node_modules", ".bin");
const node = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");

const [what, ...rest] = process.argv.slice(2);
if (what === undefined) fail("Usage: node run.mjs <file.ts or tool> [arguments]", 2);
installWhenNeeded();

const local = rest.includes("--local");
const args = rest.filter((arg) => arg !== "--local");
const environment = {
  // Most of a command's start is compiling what it imports: kept, it takes a third less, cdk's and the tests' processes too.
  NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "node"),
  ...process.env,
  PATH: [dirname(node), bin, process.env.PATH].join(delimiter),
};
if (local) {
  for (const [name, value] of Object.entries(localEnvironment())) {
    if (value === null) delete environment[name];
    else environment[name] = value;
  }
}
const command = what.endsWith(".ts") ? [join(root, what), ...args] : toolCommand(what, args);
const child = spawn(node, command, { stdio: "inherit", env: environment });
// A terminal sends Ctrl-C to the whole group; the child decides when it is done. A signal sent to us alone is passed on.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (!(signal === "SIGINT" && process.stdin.isTTY)) child.kill(signal);
  });
}
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));

/** Installs when the lockfile is not the one that was installed last. */
function installWhenNeeded() {
  const stamp = join(root, "node_modules", ".lockstep-installed");
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "pnpm-lock.yaml")))
    .digest("hex");
  if (existsSync(node) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  console.error(`Installing dependencies with ${packageManager} (first run, or the lockfile changed) …`);
  const run = spawnSync(
    "npx",
    ["--yes", packageManager, "install", "--frozen-lockfile", "--reporter=append-only"],
    {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
      shell: process.platform === "win32",
    },
  );
  if (run.status !== 0)
    fail(
      `The installation failed. See it in full with: npx --yes ${packageManager} install --frozen-lockfile`,
      1,
    );
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Node runs a tool's own JavaScript file, named in its package.json, so that the tool gets Node 24 too. */
function toolCommand(tool, toolArgs) {
  const home = { cdk: "aws-cdk", biome: "@biomejs/biome", tsc: "typescript" }[tool] ?? tool;
  const manifest = join(root, "node_modules", home, "package.json");
  if (!existsSync(manifest))
    fail(`No tool "${tool}" here. Tools are the dev dependencies in package.json.`, 2);
  const entry = JSON.parse(readFileSync(manifest, "utf8")).bin;
  return [join(dirname(manifest), typeof entry === "string" ? entry : entry[tool]), ...toolArgs];
}

/** The variables by which every AWS client and the genuine cdk reach the local AWS instead of the real one. */
function localEnvironment() {
  const file = process.env.LOCKSTEP_LOCAL_STATE ?? join(root, ".lockstep", "local.json");
  if (!existsSync(file))
    fail(
      "The local AWS is not running (no .lockstep/local.json). Start it in another terminal: npm start",
      1,
    );
  const state = JSON.parse(readFileSync(file, "utf8"));
  const preload = pathToFileURL(join(root, "local", "src", "aws-names.ts")).href;
  return {
    ...state.environment,
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --import ${preload}`.trim(),
  };
}

function fail(message, code) {
  console.error(message);
  process.exit(code);
}
