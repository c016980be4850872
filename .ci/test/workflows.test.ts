import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ShellStep, shellSteps, workflowComplaints } from "../workflows.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const WORKFLOWS = readdirSync(join(ROOT, ".github/workflows")).map((file) => ({
  path: `.github/workflows/${file}`,
  text: readFileSync(join(ROOT, ".github/workflows", file), "utf8"),
}));
const STEPS = WORKFLOWS.flatMap(({ path, text }) => shellSteps(path, text));
const STEP_MS = 120_000;

/** Steps that do not run here, with the reason. A test below checks the packages that they install. */
const NOT_RUN: Record<string, string> = {
  "check.yml: test: Install njs and WebKitGTK": "installs packages of the system with sudo",
  "nightly.yml: search: Install njs": "installs packages of the system with sudo",
  "release.yml: verify: Install njs and WebKitGTK": "installs packages of the system with sudo",
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-workflow-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** How each other step runs here. `run` is the text of the step as it is in the workflow. */
const RUNS: Record<string, (step: ShellStep) => void> = {
  // The whole check runs in its own job: here it only lists its checks.
  "check.yml: check: Types, lint and budgets": (step) => {
    expect(execute(step, { append: " -- --list" })).toMatch(/types\n[\s\S]*workflows\n/);
  },
  // One test file instead of all of them.
  "check.yml: test: Tests": (step) => {
    expect(execute(step, { append: " -- .ci/test/phrases.test.ts" })).toMatch(/Test Files .*1 passed/);
  },
  "check.yml: change-file: Change file for changed source": (step) => {
    const head = spawnSync("git", ["rev-parse", "HEAD"], { cwd: ROOT, encoding: "utf8" }).stdout.trim();
    const expressions = { "github.event.pull_request.base.sha": head };
    expect(execute(step, { expressions })).toMatch(/^Change files: \d+, all valid/);
  },
  // Hours of searches: here it only lists the test files.
  "nightly.yml: search: Long searches with a random seed": (step) => {
    expect(execute(step, { append: " -- --list" })).toMatch(
      /LOCKSTEP_SEED=\d+ [\s\S]*test\/model\/histories\.test\.ts/,
    );
  },
  "release.yml: verify: Notes exist for the tag": (step) => {
    expect(execute(step, { cwd: releasedCopy(), env: { GITHUB_REF_NAME: "v0.1.0" } })).toMatch(
      /^### Added\n\n- /,
    );
  },
  // All tests and checks: here npm, node and apt-get only write down how they are called.
  "release.yml: verify: Tests and checks": (step) => {
    const calls = execute(step, { stubs: ["npm", "node", "apt-get"] });
    expect(calls).toMatch(/npm test\nnode run\.mjs \.ci\/check\.ts\n$/);
  },
  "release.yml: release: Pack the client": (step) => {
    const tarball = join(ROOT, "lockstep-client.tgz");
    const kept = existsSync(tarball);
    execute(step);
    const { stdout } = spawnSync("tar", ["-tzf", tarball], { encoding: "utf8" });
    if (!kept) rmSync(tarball);
    expect(stdout.split("\n")).toEqual(
      expect.arrayContaining(["package/dist/index.js", "package/dist/page/page-script.min.js"]),
    );
  },
  // Creates a release: here gh only writes down how it is called.
  "release.yml: release: Create the GitHub release": (step) => {
    const calls = execute(step, {
      cwd: releasedCopy(),
      env: { GITHUB_REF_NAME: "v0.1.0", RUNNER_TEMP: folder },
      expressions: { "github.token": "a token" },
      stubs: ["gh"],
    });
    const notes = join(folder, "notes.md");
    expect(calls).toBe(
      `gh release create v0.1.0 lockstep-client.tgz --verify-tag --title v0.1.0 --notes-file ${notes}\n`,
    );
    expect(readFileSync(notes, "utf8")).toMatch(/^### Added\n\n- /);
  },
};

describe("the shell steps of the workflows", () => {
  it("are each in the list of steps that run here, or in the list of those that do not", () => {
    const ids = STEPS.map(({ id }) => id).sort();
    expect(ids).toEqual([...Object.keys(RUNS), ...Object.keys(NOT_RUN)].sort());
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(STEPS.filter(({ id }) => id in RUNS))("$id", { timeout: STEP_MS }, (step) => RUNS[step.id]!(step));

  it("install the packages that .ci/run and the browser tests install", () => {
    const installs = STEPS.filter(({ id }) => id in NOT_RUN);
    const engines = readFileSync(join(ROOT, "test/browser/find-engines.ts"), "utf8");
    const webkit = /webkit: \[(.*?)\]/.exec(engines)![1]!.replaceAll(/[",]/g, "");
    for (const { id, run } of installs)
      expect(run).toBe(
        `sudo apt-get update\nsudo apt-get install --yes njs${id.endsWith("WebKitGTK") ? ` ${webkit}` : ""}\n`,
      );
    expect(readFileSync(join(ROOT, ".ci/run"), "utf8")).toMatch(/apt-get install .*\bnjs\b/);
  });

  it("have a job on pull requests for checks and tests, a nightly run and a release on tags", () => {
    const of = (file: string) => WORKFLOWS.find(({ path }) => path.endsWith(`/${file}`))!.text;
    expect(of("check.yml")).toContain("\n  pull_request:\n");
    expect(of("nightly.yml")).toContain("\n  schedule:\n");
    expect(of("release.yml")).toContain('\n    tags: ["v*"]\n');
  });
});

interface Execution {
  /** Added to the command, to run a shorter form of it. */
  append?: string;
  cwd?: string;
  env?: Record<string, string>;
  /** Values of the expressions in the step's `env`. */
  expressions?: Record<string, string>;
  /** Programs that only write down how they are called. */
  stubs?: string[];
}

/** Runs a step as a runner does, with `bash -e` and Node 24 first in the PATH. @returns what it wrote, or the calls of the stubs */
function execute(
  step: ShellStep,
  { append = "", cwd = ROOT, env, expressions, stubs }: Execution = {},
): string {
  const bin = join(folder, "bin");
  const calls = join(folder, "calls");
  mkdirSync(bin);
  for (const name of stubs ?? []) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >> "${calls}"\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|NODE_ENV|TEST$|LOCKSTEP_)/.test(name),
  );
  const run = spawnSync("bash", ["-e", "-c", step.run.trimEnd() + append], {
    cwd,
    encoding: "utf8",
    env: {
      ...Object.fromEntries(inherited),
      NO_COLOR: "1",
      PATH: [bin, dirname(process.execPath), process.env.PATH].join(delimiter),
      ...evaluated(step.env, expressions ?? {}),
      ...env,
    },
  });
  expect(run.status, `${run.stdout}${run.stderr}`).toBe(0);
  return stubs === undefined ? run.stdout.replaceAll(/\n?> .*\n/g, "") : readFileSync(calls, "utf8");
}

function evaluated(env: Record<string, string>, values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, text]) => [
      name,
      text.replaceAll(/\$\{\{ (.+?) \}\}/g, (_all, expression) => {
        if (values[expression] === undefined) throw new Error(`No value is given for ${expression}`);
        return values[expression];
      }),
    ]),
  );
}

/** A copy of the files of a release with one change, in the state after `npm run changes -- version`. */
function releasedCopy(): string {
  const copy = join(folder, "released");
  for (const path of [
    "package.json",
    "CHANGELOG.md",
    ".changes/README.md",
    ".ci/changes.ts",
    ".ci/change-files.ts",
  ])
    cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  const manifest = join(copy, "package.json");
  writeFileSync(manifest, readFileSync(manifest, "utf8").replace(/"version": "[^"]+"/, '"version": "0.1.0"'));
  const changelog = join(copy, "CHANGELOG.md");
  writeFileSync(changelog, "# Changelog\n");
  writeFileSync(join(copy, ".changes/added.a.md"), "A.\n");
  const run = spawnSync(process.execPath, [".ci/changes.ts", "version"], { cwd: copy, encoding: "utf8" });
  expect(run.status, run.stderr).toBe(0);
  return copy;
}

describe("workflowComplaints()", () => {
  const PIN = "3d3c42e5aac5ba805825da76410c181273ba90b1";
  const workflow = (changes: { top?: string; job?: string; steps?: string; on?: string } = {}) => `name: A
on: ${changes.on ?? "push"}
${changes.top ?? "permissions: {}"}
jobs:
  a:
    runs-on: ubuntu-24.04
${changes.job ?? "    timeout-minutes: 5"}
    steps:
${changes.steps ?? "      - { name: A, run: echo }"}
`;
  const complaints = (text: string) => workflowComplaints("a.yml", text);

  it("accepts the workflows of this repository, and a small one", () => {
    for (const { path, text } of WORKFLOWS) expect(workflowComplaints(path, text)).toEqual([]);
    expect(complaints(workflow())).toEqual([]);
    expect(complaints(workflow({ steps: "      - uses: ./.github/actions/a" }))).toEqual([]);
  });

  it.each([
    [
      "a key that GitHub does not know",
      { job: "    timeout-minute: 5" },
      /Unexpected value 'timeout-minute'/,
    ],
    ["a permission that GitHub does not know", { top: "permissions: { contnts: read }" }, /contnts/],
    [
      "an expression that cannot be read",
      { steps: `      - { name: A, if: "\${{ github. }}", run: echo }` },
      /a\.yml/,
    ],
    ["invalid YAML", { steps: "      - {" }, /a\.yml/],
    [
      "a tag",
      { steps: "      - uses: actions/setup-node@v7 # v7.0.0" },
      /line 9: pin actions\/setup-node@v7/,
    ],
    [
      "a short hash",
      { steps: "      - uses: actions/setup-node@8207627 # v7.0.0" },
      /pin actions\/setup-node/,
    ],
    ["a pin without its version", { steps: `      - uses: actions/setup-node@${PIN}` }, /name the version/],
    ["no permissions", { top: "" }, /list each permission at the top/],
    ["all permissions", { top: "permissions: write-all" }, /list each permission at the top/],
    [
      "write access for all jobs",
      { top: "permissions: { contents: write }" },
      /to the one job that needs it/,
    ],
    [
      "all permissions of a job",
      { job: "    timeout-minutes: 5\n    permissions: write-all" },
      /a: list each/,
    ],
    ["a job without a limit", { job: "    env: {}" }, /set timeout-minutes/],
    ["a step without a name", { steps: "      - run: echo" }, /name the step that runs echo/],
    [
      "an expression in a script",
      { steps: `      - { name: A, run: "echo \${{ github.head_ref }}" }` },
      /through env/,
    ],
    [
      "an expression in a script of an action",
      {
        steps: `      - uses: actions/github-script@${PIN} # v9.0.0\n        with: { script: "\${{ github.head_ref }}" }`,
      },
      /through env/,
    ],
    [
      "a checkout that keeps its token",
      { steps: `      - uses: actions/checkout@${PIN} # v7.0.1` },
      /persist-cred/,
    ],
    [
      "an event with the rights of the repository",
      { on: "pull_request_target" },
      /pull_request_target gives/,
    ],
  ])("refuses %s", (_what, changes, message) => {
    expect(complaints(workflow(changes)).join("\n")).toMatch(message);
  });
});
