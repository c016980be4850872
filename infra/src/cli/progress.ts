import type { Progress, Step } from "../base/progress.ts";
import { createTreeView } from "./progress-tree.ts";

export interface ProgressOptions {
  write: (text: string) => void;
  /** A person watches at a terminal: colours, and steps that are under way are shown as they go. No `NO_COLOR`, no `CI`. */
  color: boolean;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** A step as it stands. */
export interface StepState {
  title: string;
  startedAt: number;
  endedAt?: number;
  outcome?: "done" | "failed" | "stopped";
  /** Words on what it came to, or the first line of the cause. */
  text: string;
  children: StepState[];
}

/** Told of every change. */
export interface StepView {
  /** @param depth 0 for a step that belongs to no other */
  began(step: StepState, depth: number, parent: StepState | undefined): void;
  ended(step: StepState, depth: number): void;
  say(line: string): void;
}

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

export const MARKS = { done: "✓", failed: "✗", stopped: "–" } as const;
const TITLE_WIDTH = 34;

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

/** `  ✓ Build web        1.2 s  4 files` */
export function stepLine(step: StepState, depth: number, now: number, mark: string): string {
  const indent = "  ".repeat(depth);
  const seconds = `${(((step.endedAt ?? now) - step.startedAt) / 1000).toFixed(1)} s`.padStart(8);
  const title = `${indent}${mark} ${step.title}`.padEnd(TITLE_WIDTH + 2);
  return `${title} ${seconds}${step.text === "" ? "" : `  ${step.text}`}`;
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
