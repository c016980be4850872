import { RECONNECT_CODE, RECONNECT_EVENT } from "../names.ts";
import { replace } from "./patches.ts";
import { document, inFragment, inQuery } from "./pin.ts";
import { hub } from "./watch.ts";

/** `EventSource.CLOSED`: it was refused, or what came was no stream; it does not try again. */
const CLOSED = 2;
/** What a browser says of a connection that broke, or never came to be. */
const ABNORMAL_CLOSE = 1006;

/** Pins EventSource, WebSocket, WebSocketStream, sendBeacon, fetchLater and window.open; and workers, with what they send in turn. */
export function pinConnections(): void {
  pinClass("EventSource", pinFirst, (source: EventSource) => {
    source.addEventListener(RECONNECT_EVENT, hub.check);
    source.addEventListener("error", () => source.readyState === CLOSED && hub.suspect());
  });
  pinClass("WebSocket", pinFirst, (socket: WebSocket) => {
    // An app that reconnects for ever would ask for ever: it gets its error at once.
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
  replace(document, "open", { apply }); // with three arguments the same as window.open()
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
 * A worker reads its version from the fragment of its address: it is not sent, so all versions share the cached file, and
 * two versions never share one SharedWorker. A TrustedScriptURL is not text and must stay as it is.
 */
function pinWorker(args: readonly unknown[]): never[] {
  const [address, ...rest] = args;
  if (typeof address !== "string" && !(address instanceof URL)) return args as never[];
  return [inFragment(inQuery(address) ?? address), ...rest] as never[];
}
