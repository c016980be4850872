/** The worker of a function at one edge. It handles concurrent events in one module state. */
import "../../../aws-names.ts";
import { parentPort, workerData } from "node:worker_threads";
import { failureOf, type Handler, loadHandler, runHandler } from "./handler.ts";
import type { InvokeMessage, RuntimeMessage } from "./messages.ts";
import { captureOutput } from "./output.ts";

/** Data from the host to the worker. */
export interface EdgeWorkerData {
  root: string;
  handler: string;
  runtime: string;
}

const { root, handler: name, runtime } = workerData as EdgeWorkerData;
const send = (message: RuntimeMessage) => parentPort!.postMessage(message);
captureOutput(
  (text) => send({ type: "line", text }),
  () => undefined,
);

const loaded = loadHandler(root, name, runtime);
loaded.then(
  () => send({ type: "ready" }),
  (error) => send({ type: "crash", error: failureOf(error) }),
);
parentPort!.on("message", async (message: InvokeMessage) => {
  try {
    send({ type: "result", id: message.id, payload: await run(await loaded, message) });
  } catch (error) {
    send({ type: "error", id: message.id, error: failureOf(error) });
  }
});

function run(handler: Handler, message: InvokeMessage): Promise<string> {
  return runHandler(handler, message, runtime);
}
