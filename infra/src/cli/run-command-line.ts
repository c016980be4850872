import { type Command, CommanderError } from "commander";
import { describeError, renderError } from "./render-error.ts";

/** Where a command writes, and what it knows of its surroundings. */
export interface Io {
  out: (text: string) => void;
  error: (text: string) => void;
  environment: NodeJS.ProcessEnv;
  /** Colours on `out` and `error`. */
  color: boolean;
}

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_WRONG_USE = 2;

/**
 * Runs a commander program and returns the exit code: 0 done, 1 failed, 2 wrong use. Never exits by itself.
 *
 * @param args without the interpreter and the file
 */
export async function runCommandLine(program: Command, args: readonly string[], io: Io): Promise<number> {
  let json = false;
  prepare(program, io, (command) => {
    json = command.opts().json === true;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return EXIT_DONE;
  } catch (error) {
    if (error instanceof CommanderError)
      // Help that was asked for is an answer; help because nothing was said is not.
      return error.exitCode === 0 && error.code !== "commander.help" ? EXIT_DONE : EXIT_WRONG_USE;
    if (error instanceof CommandFailed) return EXIT_FAILED;
    if (json) io.out(`${JSON.stringify({ error: describeError(error) })}\n`);
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

/** The command has said already what failed: only its exit code is left to give. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

function prepare(command: Command, io: Io, beforeAction: (command: Command) => void): void {
  command
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.error, getOutHasColors: () => io.color })
    .showHelpAfterError("(see --help)");
  command.hook("preAction", (_, acting) => beforeAction(acting));
  for (const child of command.commands) prepareChild(child, io);
}

function prepareChild(command: Command, io: Io): void {
  command
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.error })
    .showHelpAfterError("(see --help)");
  for (const child of command.commands) prepareChild(child, io);
}

/** The real standard streams. */
export function processIo(color: boolean): Io {
  return {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
    environment: process.env,
    color,
  };
}
