import { AwsError } from "../../../aws-error.ts";
import type { Engine } from "./engine.ts";
import type { Operation, OperationType, StackRecord } from "./model.ts";

const UPDATABLE = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED"];

/** Starts an operation on a stack and returns without waiting for it. */
export function startOperation(
  engine: Engine,
  stack: StackRecord,
  type: OperationType,
  clientRequestToken: string | undefined,
  run: (operation: Operation) => Promise<void>,
): Operation {
  const operation: Operation = {
    id: engine.uuid(),
    type,
    clientRequestToken,
    abort: new AbortController(),
    done: Promise.resolve(),
  };
  const before = stack.operation?.done ?? Promise.resolve();
  stack.operation = operation;
  operation.done = before
    .then(() => run(operation))
    .catch((error: unknown) => {
      engine.cloud.log(
        `cloudformation: the engine failed on ${stack.name}: ${(error as Error).stack ?? error}`,
      );
    });
  return operation;
}

/** Throws unless the stack's status permits an update. */
export function checkUpdatable(stack: StackRecord): void {
  const afterFailedCreate = stack.status === "CREATE_FAILED" && stack.disableRollback;
  if (UPDATABLE.includes(stack.status) || afterFailedCreate) return;
  throw new AwsError(
    "ValidationError",
    `Stack:${stack.id} is in ${stack.status} state and can not be updated.`,
  );
}

/**
 * Makes a call idempotent by its ClientRequestToken: a repeated call gets the first one's output. Throws
 * `TokenAlreadyExistsException` if another action used the token.
 */
export function answerOnce<Output>(
  stack: StackRecord,
  action: string,
  token: string | undefined,
): { known: true; output: Output } | { known: false; remember(output: Output): Output } {
  if (token === undefined) return { known: false, remember: (output) => output };
  const earlier = stack.tokens.get(token) as { action: string; output: Output } | undefined;
  if (earlier === undefined)
    return {
      known: false,
      remember: (output) => {
        stack.tokens.set(token, { action, output });
        return output;
      },
    };
  if (earlier.action === action) return { known: true, output: earlier.output };
  throw new AwsError(
    "TokenAlreadyExistsException",
    `ClientRequestToken ${token} was already used for ${earlier.action} on stack ${stack.name}.`,
  );
}
