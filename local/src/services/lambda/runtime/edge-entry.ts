/** The worker of a function at one edge: as many events at once as come, in one module state. */
import "../../../aws-names.ts";
import { parentPort, workerData } from "node:worker_threads";
import { failureOf, type Handler, loadHandler, runHandler } from "./handler.ts";
import type { InvokeMessage, RuntimeMessage } from "./messages.ts";
import { captureOutput } from "./output.ts";

/** What the host gives a worker. */
export interface EdgeWorkerData {
  root: string;
  handler: string;
  runtime: string;
}

const { root, handler: name, runtime } = workerData as EdgeWorkerData;
const tell = (message: RuntimeMessage) => parentPort!.postMessage(message);
captureOutput(
  (text) => tell({ type: "line", text }),
  () => undefined,
);

const loaded = loadHandler(root, name, runtime);
loaded.then(
  () => tell({ type: "ready" }),
  (error) => tell({ type: "crash", error: failureOf(error) }),
);
parentPort!.on("message", async (message: InvokeMessage) => {
  try {
    tell({ type: "result", id: message.id, payload: await run(await loaded, message) });
  } catch (error) {
    tell({ type: "error", id: message.id, error: failureOf(error) });
  }
});

function run(handler: Handler, message: InvokeMessage): Promise<string> {
  return runHandler(handler, message, runtime);
}
