import { type Command, CommanderError } from "commander";
import { wantsColor } from "./view/progress.ts";
import { explainError, renderError } from "./view/render-error.ts";

/** Output streams and environment of a command. */
export interface Io {
  out: (text: string) => void;
  error: (text: string) => void;
  environment: NodeJS.ProcessEnv;
  /** Whether to use colors. */
  color: boolean;
}

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_WRONG_USE = 2;

/**
 * Runs a commander program and returns the exit code: 0 done, 1 failed, 2 wrong use. Never ends the process.
 *
 * @param args without the interpreter and the file
 */
export async function runCommandLine(program: Command, args: readonly string[], io: Io): Promise<number> {
  let json = false;
  prepare(program, io);
  program.hook("preAction", (_, command) => {
    json = command.opts().json === true;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return EXIT_DONE;
  } catch (error) {
    if (error instanceof CommanderError)
      // `--help` exits 0; help shown because of a missing argument is wrong use.
      return error.exitCode === 0 && error.code !== "commander.help" ? EXIT_DONE : EXIT_WRONG_USE;
    if (error instanceof CommandFailed) return EXIT_FAILED;
    if (json) io.out(`${JSON.stringify({ error: explainError(error, io.environment) })}\n`);
    else
      io.error(
        renderError(error, {
          debug: /lockstep/.test(io.environment.DEBUG ?? ""),
          environment: io.environment,
        }),
      );
    return EXIT_FAILED;
  }
}

/** A failure that the command has already reported. It only sets the exit code. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

function prepare(command: Command, io: Io): void {
  command
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.error, getOutHasColors: () => io.color })
    .showHelpAfterError("(see --help)");
  for (const child of command.commands) prepare(child, io);
}

/** The standard streams of this process. */
export function processIo(): Io {
  return {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
    environment: process.env,
    color: wantsColor(process.stdout, process.env),
  };
}
