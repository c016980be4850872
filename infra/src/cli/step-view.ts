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

export const MARKS = { done: "✓", failed: "✗", stopped: "–" } as const;
const TITLE_WIDTH = 34;

/** `  ✓ Build web        1.2 s  4 files` */
export function stepLine(step: StepState, depth: number, now: number, mark: string): string {
  const indent = "  ".repeat(depth);
  const seconds = `${(((step.endedAt ?? now) - step.startedAt) / 1000).toFixed(1)} s`.padStart(8);
  const title = `${indent}${mark} ${step.title}`.padEnd(TITLE_WIDTH + 2);
  return `${title} ${seconds}${step.text === "" ? "" : `  ${step.text}`}`;
}
