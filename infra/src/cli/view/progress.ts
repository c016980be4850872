import type { Progress, Step } from "../../base/progress.ts";
import { nextCommandsIn } from "./next-command.ts";
import { createTreeView } from "./progress-tree.ts";
import { MARKS, type ProgressOptions, type StepState, type StepView, stepLine } from "./step-view.ts";

/** Prints a line for each step when it ends. At a terminal it also shows running steps and redraws them in place. */
export function createProgress(options: ProgressOptions): Progress {
  return progressOf(options.color ? createTreeView(options) : createLineView(options), options, 0, undefined);
}

/** Errors that the failed step has already shown, so that the steps around it do not repeat them. */
const shown = new WeakSet<object>();

function progressOf(
  view: StepView,
  options: ProgressOptions,
  depth: number,
  parent: StepState | undefined,
): Progress {
  const { now, environment = {} } = options;
  return {
    async step(title, work) {
      const state: StepState = { title, startedAt: now(), text: "", children: [] };
      parent?.children.push(state);
      view.began(state, depth, parent);
      const notes: string[] = [];
      const step: Step = { ...progressOf(view, options, depth + 1, state), note: (text) => notes.push(text) };
      const end = (outcome: StepState["outcome"], text: string) => {
        Object.assign(state, { outcome, text, endedAt: now() });
        view.ended(state, depth);
      };
      try {
        const result = await work(step);
        end("done", notes.join(", "));
        return result;
      } catch (error) {
        if (isAborted(error)) end("stopped", "stopped");
        else end("failed", shown.has(Object(error)) ? "" : nextCommandsIn(firstLine(error), environment));
        shown.add(Object(error));
        throw error;
      }
    },
    say: (line) => view.say(line),
  };
}

/** Prints one line per step when it ends, and the title of a step before the steps that it contains. */
function createLineView({ write, now }: ProgressOptions): StepView {
  const named = new Set<StepState>();
  return {
    began(_, depth, parent) {
      if (parent === undefined || named.has(parent)) return;
      named.add(parent);
      write(`${"  ".repeat(depth - 1)}${parent.title}\n`);
    },
    ended: (step, depth) => write(`${stepLine(step, depth, now(), MARKS[step.outcome ?? "done"])}\n`),
    say: (line) => write(`${line}\n`),
  };
}

/** Whether a stream is a terminal that wants colors: not with `NO_COLOR` (https://no-color.org) or `CI`. */
export function wantsColor(stream: { isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && !environment.NO_COLOR && !environment.CI;
}

function isAborted(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.split("\n", 1)[0] ?? "";
}
