import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { FunctionFailure, InvokeMessage } from "./messages.ts";

export type Handler = (event: unknown, context: object, callback?: Callback) => unknown;
type Callback = (error: unknown, result?: unknown) => void;

/** An error of the runtime, with Lambda's error type instead of its class name. */
class RuntimeError extends Error {
  constructor(type: string, message: string) {
    super(message);
    this.name = type;
  }
}

const EXTENSIONS = [".js", ".mjs", ".cjs"];

/**
 * Loads `folder/module.export` from the function's code. Throws the errors that Lambda reports as initialization
 * errors.
 */
export async function loadHandler(root: string, name: string, runtime: string): Promise<Handler> {
  const [, module, path] = /^([^.]+)\.(.+)$/.exec(basename(name)) ?? [];
  if (module === undefined || path === undefined)
    throw new RuntimeError("Runtime.MalformedHandlerName", "Bad handler");
  const base = join(root, dirname(name), module);
  const file = EXTENSIONS.map((extension) => base + extension).find(existsSync);
  if (file === undefined)
    throw new RuntimeError("Runtime.ImportModuleError", `Error: Cannot find module '${module}'`);
  const handler = pick(await importModule(file), path);
  if (typeof handler !== "function")
    throw new RuntimeError("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  if (isAsyncOnly(runtime) && handler.length > 2)
    throw new RuntimeError(
      "Runtime.CallbackHandlerDeprecated",
      "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. Use an async handler.",
    );
  return handler as Handler;
}

async function importModule(file: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new RuntimeError("Runtime.UserCodeSyntaxError", `SyntaxError: ${error.message}`);
    if ((error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND" || isMissingRequire(error))
      throw new RuntimeError("Runtime.ImportModuleError", `Error: ${(error as Error).message}`);
    throw error;
  }
}

function isMissingRequire(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND";
}

/** Finds the handler. CommonJS exports without static names are members of the default export. */
function pick(module: Record<string, unknown>, path: string): unknown {
  const members = path.split(".");
  const find = (from: unknown) => members.reduce<any>((value, member) => value?.[member], from);
  return find(module) ?? find(module.default);
}

/** Runs one event and returns the result as JSON. */
export async function runHandler(handler: Handler, message: InvokeMessage, runtime: string): Promise<string> {
  const event = JSON.parse(message.event);
  const context = {
    ...message.context,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, message.deadlineMs - Date.now()),
  };
  const result = isAsyncOnly(runtime)
    ? await handler(event, context)
    : await withCallback(handler, event, context);
  return JSON.stringify(result) ?? "null";
}

function isAsyncOnly(runtime: string): boolean {
  return Number(/^nodejs(\d+)/.exec(runtime)?.[1]) >= 24;
}

/** Up to Node 22: resolves with the handler's promise or with the callback's result. */
function withCallback(handler: Handler, event: unknown, context: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const callback: Callback = (error, result) => {
      if (error === undefined || error === null) resolve(result);
      else reject(error);
    };
    const returned = handler(event, context, callback);
    const isPromise = typeof (returned as PromiseLike<unknown> | undefined)?.then === "function";
    if (isPromise) Promise.resolve(returned).then(resolve, reject);
    // Without a promise and a callback parameter, the handler has no result.
    else if (handler.length < 3) resolve(undefined);
  });
}

export function failureOf(error: unknown): FunctionFailure {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return {
    errorType: error.name,
    errorMessage: error.message,
    trace: (error.stack ?? "").split("\n"),
  };
}
