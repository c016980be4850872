/** The process of a function: loads the handler, then handles one event at a time, received as messages. */
import { failureOf, type Handler, loadHandler, runHandler } from "./handler.ts";
import type { InvokeMessage, RuntimeMessage } from "./messages.ts";
import { captureOutput } from "./output.ts";

const { LAMBDA_TASK_ROOT, _HANDLER, AWS_EXECUTION_ENV } = process.env as Record<string, string>;
const runtime = AWS_EXECUTION_ENV!.replace("AWS_Lambda_", "");
let current: InvokeMessage | undefined;

const send = (message: RuntimeMessage) => process.send!(message);
captureOutput(
  (text) => send({ type: "line", text }),
  () => current?.context.awsRequestId,
);
process.on("uncaughtException", crash);
process.on("unhandledRejection", (reason) =>
  crash(Object.assign(new Error(String(reason)), { name: "Runtime.UnhandledPromiseRejection" })),
);
// The host has ended, so no more events can arrive.
process.on("disconnect", () => process.exit(0));

try {
  const handler = await loadHandler(LAMBDA_TASK_ROOT!, _HANDLER!, runtime);
  process.on("message", (message) => void handle(handler, message as InvokeMessage));
  send({ type: "ready" });
} catch (error) {
  crash(error);
}

async function handle(handler: Handler, message: InvokeMessage): Promise<void> {
  current = message;
  try {
    const payload = await runHandler(handler, message, runtime);
    send({ type: "result", id: message.id, payload });
  } catch (error) {
    send({ type: "error", id: message.id, error: failureOf(error) });
  }
}

/** Ends the process once the host has the reason: as on AWS, the next event gets a fresh process. */
function crash(error: unknown): void {
  process.send!({ type: "crash", error: failureOf(error) }, () => process.exit(1));
}
