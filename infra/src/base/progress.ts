/** Shows what is being done, as a tree of steps. Steps may run side by side and have steps of their own. */
export interface Progress {
  /** Runs a step and shows its time, and its cause in place when it fails. */
  step<Result>(title: string, act: (step: Step) => Promise<Result>): Promise<Result>;
  /** A line that belongs to no step. */
  say(line: string): void;
}

export interface Step extends Progress {
  /** Adds a word on what the step came to. */
  note(text: string): void;
}
