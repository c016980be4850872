/** One value of the configuration that cannot be used. */
export interface ConfigProblem {
  /** The path of the value: `protection.windowSeconds`, `api.pathPatterns[0]`. */
  path: string;
  /** Describes a valid value. */
  expected: string;
  /** The actual value. */
  got: string;
  /** A valid value, as it is written in the file. */
  example: string;
}

/** The configuration is invalid. The message lists every problem. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "CONFIG_INVALID";
  readonly problems: readonly ConfigProblem[];
  /** The file that contains the configuration, if it was read from one. */
  readonly file: string | undefined;

  constructor(problems: readonly ConfigProblem[], file?: string, options?: ErrorOptions) {
    super(messageOf(problems, file), options);
    this.problems = problems;
    this.file = file;
  }
}

function messageOf(problems: readonly ConfigProblem[], file: string | undefined): string {
  const where = file ?? "The Lockstep configuration";
  const count = problems.length === 1 ? "1 value is" : `${problems.length} values are`;
  const lines = problems.map(
    ({ path, expected, got, example }) =>
      `  ${path}\n    expected ${expected}\n    got      ${got}\n    example  ${example}`,
  );
  return `${where}: ${count} not valid.\n${lines.join("\n")}`;
}
