import { RECONNECT_CODE, RECONNECT_EVENT } from "../names.ts";
import { replace } from "./patches.ts";
import { document, inFragment, inQuery } from "./pin.ts";
import { hub } from "./watch.ts";

/**
 * `EventSource.CLOSED`: the request was refused or the response was not an event stream. The browser does not
 * reconnect.
 */
const CLOSED = 2;
/** Close code that browsers report for a connection that broke or was never established. */
const ABNORMAL_CLOSE = 1006;

/**
 * Pins EventSource, WebSocket, WebSocketStream, sendBeacon, fetchLater, window.open, workers, and the requests of
 * workers.
 */
export function pinConnections(): void {
  pinClass("EventSource", pinFirst, (source: EventSource) => {
    source.addEventListener(RECONNECT_EVENT, hub.check);
    source.addEventListener("error", () => source.readyState === CLOSED && hub.suspect());
  });
  pinClass("WebSocket", pinFirst, (socket: WebSocket) => {
    // Closes immediately, because an app may reconnect endlessly.
    if (hub.isGone) socket.close();
    socket.addEventListener("close", ({ code }) => {
      if (code === RECONNECT_CODE) hub.check();
      if (code === ABNORMAL_CLOSE) hub.suspect();
    });
  });
  pinClass("WebSocketStream", pinFirst);
  pinClass("Worker", pinWorker);
  pinClass("SharedWorker", pinWorker);
  const apply = (native: (...args: never[]) => unknown, self: unknown, args: unknown[]): unknown =>
    Reflect.apply(native, self, pinFirst(args));
  replace(navigator, "sendBeacon", { apply });
  replace(globalThis, "fetchLater", { apply });
  replace(globalThis, "open", { apply });
  replace(document, "open", { apply }); // with three arguments it is the same as window.open()
}

/** @param follow called with each connection to a service */
function pinClass<T extends { url: string }>(
  name: string,
  pin: (args: readonly unknown[]) => never[],
  follow?: (made: T) => void,
): void {
  replace(globalThis, name, {
    construct(native, args, target) {
      const made: T = Reflect.construct(native, pin(args), target);
      if (follow && inQuery(made.url)) follow(made);
      return made;
    },
  });
}

function pinFirst(args: readonly unknown[]): never[] {
  const address = inQuery(args[0]);
  return (address ? [address, ...args.slice(1)] : args) as never[];
}

/**
 * A worker reads its version from the fragment of its address. Browsers do not send the fragment, so all versions share
 * the cached file, but two versions never share a SharedWorker. A TrustedScriptURL is not text and must not change.
 */
function pinWorker(args: readonly unknown[]): never[] {
  const [address, ...rest] = args;
  if (typeof address !== "string" && !(address instanceof URL)) return args as never[];
  return [inFragment(inQuery(address) ?? address), ...rest] as never[];
}
