/** The process of a function: loads the handler, then handles one event at a time, told by messages. */
import { failureOf, type Handler, loadHandler, runHandler } from "./handler.ts";
import type { InvokeMessage, RuntimeMessage } from "./messages.ts";
import { captureOutput } from "./output.ts";

const { LAMBDA_TASK_ROOT, _HANDLER, AWS_EXECUTION_ENV } = process.env as Record<string, string>;
const runtime = AWS_EXECUTION_ENV!.replace("AWS_Lambda_", "");
let current: InvokeMessage | undefined;

const tell = (message: RuntimeMessage) => process.send!(message);
captureOutput(
  (text) => tell({ type: "line", text }),
  () => current?.context.awsRequestId,
);
process.on("uncaughtException", crash);
process.on("unhandledRejection", (reason) =>
  crash(Object.assign(new Error(String(reason)), { name: "Runtime.UnhandledPromiseRejection" })),
);
// The host is gone: nobody can ask anything any more.
process.on("disconnect", () => process.exit(0));

try {
  const handler = await loadHandler(LAMBDA_TASK_ROOT!, _HANDLER!, runtime);
  process.on("message", (message) => void handle(handler, message as InvokeMessage));
  tell({ type: "ready" });
} catch (error) {
  crash(error);
}

async function handle(handler: Handler, message: InvokeMessage): Promise<void> {
  current = message;
  try {
    const payload = await runHandler(handler, message, runtime);
    tell({ type: "result", id: message.id, payload });
  } catch (error) {
    tell({ type: "error", id: message.id, error: failureOf(error) });
  }
}

function crash(error: unknown): void {
  process.send!({ type: "crash", error: failureOf(error) }, () => process.exit(1));
}
