// Starts every command. It needs only Node 20.19 or later and npm: it installs the dependencies in the lockfile, then
// runs the command on Node 24, which is one of them. It is plain JavaScript, because it runs before both are installed.
//
//   node run.mjs <file.ts> [arguments]      a TypeScript entry file of this repository
//   node run.mjs <tool> [arguments]         vitest, cdk, biome … from node_modules
//
// `--local` (for release, lockstep and cdk) uses the local AWS that `npm start` describes in .lockstep/local.json.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
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
  // Most of the start of a command is compiling its imports. This cache saves a third of it, also for cdk and tests.
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
// On Ctrl-C a terminal signals the whole process group, so the child already has it. Other signals are forwarded.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (!(signal === "SIGINT" && process.stdin.isTTY)) child.kill(signal);
  });
}
// A child that a signal ended: the exit code that shells give it.
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));

/** Installs the dependencies if the lockfile has changed since the last installation. */
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
      `The installation failed. For its full output run: npx --yes ${packageManager} install --frozen-lockfile`,
      1,
    );
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Returns the command for a tool: its JavaScript file, from its package.json, so that it runs on Node 24 too. */
function toolCommand(tool, toolArgs) {
  const home = { cdk: "aws-cdk", biome: "@biomejs/biome", tsc: "typescript" }[tool] ?? tool;
  const manifest = join(root, "node_modules", home, "package.json");
  if (!existsSync(manifest))
    fail(`Tool "${tool}" not found. Tools are the dev dependencies in package.json.`, 2);
  const entry = JSON.parse(readFileSync(manifest, "utf8")).bin;
  return [join(dirname(manifest), typeof entry === "string" ? entry : entry[tool]), ...toolArgs];
}

/** Returns the environment variables that point AWS clients and the genuine cdk at the local AWS. */
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
