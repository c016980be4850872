export interface ProgressOptions {
  write: (text: string) => void;
  /** Whether to use colors and to redraw running steps in place. See `wantsColor`. */
  color: boolean;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Decides whether the commands in the error of a step have `--local`. Default: they have not. */
  environment?: NodeJS.ProcessEnv;
}

/** The state of a step. */
export interface StepState {
  title: string;
  startedAt: number;
  endedAt?: number;
  outcome?: "done" | "failed" | "stopped";
  /** The results of the step, or the first line of its error. */
  text: string;
  children: StepState[];
}

/** Renders steps. Called on every change. */
export interface StepView {
  /** @param depth 0 for a step without a parent */
  began(step: StepState, depth: number, parent: StepState | undefined): void;
  ended(step: StepState, depth: number): void;
  say(line: string): void;
}

export const MARKS = { done: "✓", failed: "✗", stopped: "–" } as const;
const TITLE_WIDTH = 34;

/** `  ✓ Build web        1.2 s  4 files` */
export function stepLine(step: StepState, depth: number, now: number, mark: string): string {
  const indent = "  ".repeat(depth);
  const seconds = `${(((step.endedAt ?? now) - step.startedAt) / 1000).toFixed(1)} s`.padStart(8);
  const title = `${indent}${mark} ${step.title}`.padEnd(TITLE_WIDTH + 2);
  return `${title} ${seconds}${step.text === "" ? "" : `  ${step.text}`}`;
}
