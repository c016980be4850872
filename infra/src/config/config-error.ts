/** One value of the configuration that cannot be used. */
export interface ConfigProblem {
  /** Where it stands, as one would write it: `protection.windowSeconds`, `api.pathPatterns[0]`. */
  path: string;
  /** What was expected there, in words. */
  expected: string;
  /** What stands there. */
  got: string;
  /** A value that would do, as one would write it. */
  example: string;
}

/** The configuration is refused. The message names every problem: its path, what was expected, what stands there, an example. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "CONFIG_INVALID";
  readonly problems: readonly ConfigProblem[];
  /** The file that holds the configuration, when it came from one. */
  readonly file: string | undefined;

  constructor(problems: readonly ConfigProblem[], file?: string, options?: ErrorOptions) {
    super(messageOf(problems, file), options);
    this.problems = problems;
    this.file = file;
  }
}

function messageOf(problems: readonly ConfigProblem[], file: string | undefined): string {
  const where = file ?? "The Lockstep configuration";
  const count = problems.length === 1 ? "1 value" : `${problems.length} values`;
  const lines = problems.map(
    ({ path, expected, got, example }) =>
      `  ${path}\n    expected ${expected}\n    got      ${got}\n    example  ${example}`,
  );
  return `${where}: ${count} cannot be used.\n${lines.join("\n")}`;
}
