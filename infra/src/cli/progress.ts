import type { Progress, Step } from "../base/progress.ts";
import { createTreeView } from "./progress-tree.ts";
import { MARKS, type ProgressOptions, type StepState, type StepView, stepLine } from "./step-view.ts";

/** A line for each step when it ends, under CI and in a pipe; at a terminal also what is under way, drawn anew as it goes. */
export function createProgress(options: ProgressOptions): Progress {
  return progressOf(
    options.color ? createTreeView(options) : createLineView(options),
    options.now,
    0,
    undefined,
  );
}

/** Errors whose cause stands at the step that failed: the steps around it need not say it again. */
const told = new WeakSet<object>();

function progressOf(
  view: StepView,
  now: () => number,
  depth: number,
  parent: StepState | undefined,
): Progress {
  return {
    async step(title, act) {
      const state: StepState = { title, startedAt: now(), text: "", children: [] };
      parent?.children.push(state);
      view.began(state, depth, parent);
      const notes: string[] = [];
      const step: Step = { ...progressOf(view, now, depth + 1, state), note: (text) => notes.push(text) };
      const end = (outcome: StepState["outcome"], text: string) => {
        Object.assign(state, { outcome, text, endedAt: now() });
        view.ended(state, depth);
      };
      try {
        const result = await act(step);
        end("done", notes.join(", "));
        return result;
      } catch (error) {
        if (isAborted(error)) end("stopped", "stopped");
        else end("failed", told.has(Object(error)) ? "" : firstLine(error));
        told.add(Object(error));
        throw error;
      }
    },
    say: (line) => view.say(line),
  };
}

/** One line per step, when it ends; a step with steps of its own says its name before them. */
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

/** Colours are for people at a terminal (https://no-color.org). */
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
