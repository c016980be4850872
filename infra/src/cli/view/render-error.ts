import { explainAwsFailure } from "../../aws/aws-failures.ts";
import { ERRORS, type ErrorCode, LockstepError } from "../../base/lockstep-error.ts";
import { nextCommandsIn } from "./next-command.ts";

/** An error for the user: what happened, to what, and what to do next. */
export interface RenderedError {
  code: string;
  title: string;
  message: string;
  fix: string;
}

/**
 * Explains any error. An unknown error keeps its own name, and the fix says how to see its stack trace.
 *
 * @param environment decides whether the suggested commands have `--local`
 */
export function explainError(error: unknown, environment: NodeJS.ProcessEnv): RenderedError {
  const known = explainAwsFailure(error) ?? error;
  const local = (text: string) => nextCommandsIn(text, environment);
  const message = local(known instanceof Error ? known.message || known.name : String(known));
  const code = codeOf(known);
  if (code !== undefined) return { code, message, title: ERRORS[code].title, fix: local(ERRORS[code].fix) };
  const name = known instanceof Error ? known.name : "Error";
  return {
    code: name,
    title: name,
    message,
    fix: "To see the stack trace, set DEBUG=lockstep and run the command again.",
  };
}

export function renderError(
  error: unknown,
  { debug, environment = {} }: { debug: boolean; environment?: NodeJS.ProcessEnv },
): string {
  const { code, title, message, fix } = explainError(error, environment);
  const stack = debug && error instanceof Error ? `\n${error.stack}\n${causes(error)}` : "";
  return `${title} (${code}).\n${message}${stack}\nNext: ${fix}\n`;
}

function codeOf(error: unknown): ErrorCode | undefined {
  if (error instanceof LockstepError) return error.code;
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" && Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : undefined;
}

function causes(error: Error): string {
  return error.cause instanceof Error ? `Caused by: ${error.cause.stack}\n${causes(error.cause)}` : "";
}
