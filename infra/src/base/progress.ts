/** Shows work as a tree of steps. Steps can run in parallel and can contain steps. */
export interface Progress {
  /** Runs a step and shows its time, or its error if it fails. */
  step<Result>(title: string, work: (step: Step) => Promise<Result>): Promise<Result>;
  /** Prints a line that does not belong to a step. */
  say(line: string): void;
}

export interface Step extends Progress {
  /** Adds a result of the step, shown when it ends. */
  note(text: string): void;
}
