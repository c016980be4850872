import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { importCycles } from "./import-cycles.ts";
import { brokenLinks } from "./markdown-links.ts";
import { ownerName } from "./owner-name.ts";
import { phraseHits } from "./phrases.ts";
import { missingQuotes } from "./quoted-tests.ts";
import { allWorkflowComplaints } from "./workflows.ts";

// `pnpm check`: types, lint, dead code, and the budgets that a reader and CloudFront set. Every check runs, also after a failure.
// With `--list` it only lists their names.

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** A file past this is no longer one idea; style.md asks for under 200. */
const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 70;

const PACKAGES = ["edge", "client", "web", "api", "infra", "local"];
/** The repository has more files than this. Fewer means that the phrase check no longer finds them. */
const FEWEST_FILES = 500;
/** The guarantee quotes more tests than this. Fewer means that the check no longer understands its form. */
const FEWEST_QUOTES = 100;

const checks: [name: string, run: () => Promise<string>][] = [
  ["types", () => tool("tsc", ["-b", "--pretty", "false"])],
  ["types of .ci, benches and start", () => tool("tsc", ["-p", ".ci", "--pretty", "false"])],
  ["types of test", () => tool("tsc", ["-p", "test", "--pretty", "false"])],
  ["lint and format", () => tool("biome", ["ci", "--colors=off", "."])],
  ["dead code", () => tool("knip", ["--no-progress"])],
  ["edge functions", () => tool("edge/src/build/check.ts", [])],
  ["page script size", () => tool("client/src/build/check.ts", [])],
  ["file size", async () => fileSizes()],
  [
    "import cycles",
    async () =>
      [...PACKAGES.map((one) => join(one, "src")), "test"]
        .flatMap((folder) => importCycles(join(ROOT, folder)))
        .join("\n"),
  ],
  ["local/ knows nothing of Lockstep", async () => ownerName(ROOT).join("\n")],
  ["tests quoted by docs/guarantee.md", async () => quotedTests()],
  ["links and paths in Markdown", async () => brokenLinks(ROOT).join("\n")],
  ["workflows", async () => allWorkflowComplaints(ROOT).join("\n")],
  ["change files", () => tool(".ci/changes.ts", ["check"])],
  ["plain English", async () => phrases()],
];

if (process.argv.includes("--list")) for (const [name] of checks) console.log(name);
else await runChecks();

async function runChecks(): Promise<void> {
  let failed = 0;
  for (const [name, run] of checks) {
    const begun = performance.now();
    const complaint = await run();
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(`${complaint === "" ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
    if (complaint !== "") {
      failed++;
      console.log(complaint.replaceAll(/^/gm, "       "));
    }
  }
  if (failed > 0) {
    console.log(
      `${failed} of ${checks.length} checks failed. Fix formatting and simple lint with: npm run fix`,
    );
    process.exitCode = 1;
  } else {
    console.log(`All ${checks.length} checks passed.`);
  }
}

/** Runs a tool through run.mjs; its output when it fails, nothing when it passes. */
function tool(name: string, args: string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(ROOT, "run.mjs"), name, ...args], { cwd: ROOT });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.once("exit", (code) => resolve(code === 0 ? "" : output.trim() || `${name} ended with ${code}`));
  });
}

function quotedTests(): string {
  const { checked, missing } = missingQuotes(ROOT, "docs/guarantee.md");
  if (checked < FEWEST_QUOTES)
    missing.push(`docs/guarantee.md quotes only ${checked} tests; at least ${FEWEST_QUOTES} are expected`);
  return missing.join("\n");
}

function phrases(): string {
  const { filesRead, hits, unused } = phraseHits(ROOT);
  const complaints = hits.map(
    ({ path, line, phrase, instead }) => `${path}:${line}: "${phrase}"; write instead: ${instead}`,
  );
  for (const { path, text = "any phrase" } of unused)
    complaints.push(`.ci/phrases.ts allows ${text} in ${path}, which contains none; remove the exception`);
  if (filesRead < FEWEST_FILES)
    complaints.push(`Only ${filesRead} files were read; at least ${FEWEST_FILES} are expected`);
  return complaints.join("\n");
}

function fileSizes(): string {
  const complaints: string[] = [];
  for (const folder of PACKAGES) {
    for (const file of readdirSync(join(ROOT, folder, "src"), { recursive: true, encoding: "utf8" })) {
      if (!/\.tsx?$/.test(file)) continue;
      const path = join(folder, "src", file);
      const lines = readFileSync(join(ROOT, path), "utf8").split("\n");
      if (lines.length > MAX_FILE_LINES)
        complaints.push(`${path}: ${lines.length} lines, more than ${MAX_FILE_LINES}`);
      complaints.push(...longFunctions(path, lines));
    }
  }
  return complaints.join("\n");
}

/** Functions and methods as the formatter lays them out: from their first line to the brace that stands under it. */
function longFunctions(path: string, lines: string[]): string[] {
  const complaints: string[] = [];
  const opening =
    /^(\s*)(?:export )?(?:default )?(?:async )?(?:function\b|(?:#?\w+)\(.*\).*\{$|const \w+ = .*=> \{$)/;
  lines.forEach((line, start) => {
    const indent = opening.exec(line)?.[1];
    if (indent === undefined || /^\s*(if|for|while|switch|return|describe|it)\b/.test(line)) return;
    const end = lines.findIndex((other, index) => index > start && new RegExp(`^${indent}\\}`).test(other));
    if (end - start > MAX_FUNCTION_LINES) {
      complaints.push(
        `${path}:${start + 1}: a function of ${end - start} lines, more than ${MAX_FUNCTION_LINES}`,
      );
    }
  });
  return complaints;
}
