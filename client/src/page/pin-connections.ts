import { RECONNECT_CODE, RECONNECT_EVENT } from "../names.ts";
import { replace } from "./patches.ts";
import { inFragment, inQuery, toApi } from "./pin.ts";
import { hub, suspect } from "./watch.ts";

/** Pins by query what can set no header: EventSource, WebSocket, sendBeacon; and workers, with what they send in turn. */
export function pinConnections(): void {
  replace(globalThis, "EventSource", {
    construct(native, args, target) {
      const source: EventSource = Reflect.construct(native, pinFirst(args), target);
      if (!toApi(source.url)) return source;
      source.addEventListener(RECONNECT_EVENT, hub.check);
      source.addEventListener("error", () => source.readyState === CLOSED && suspect());
      return source;
    },
  });
  replace(globalThis, "WebSocket", {
    construct(native, args, target) {
      const socket: WebSocket = Reflect.construct(native, pinFirst(args), target);
      if (!toApi(socket.url)) return socket;
      // An app that tries for ever to come back would ask for ever: it gets its error at once.
      if (hub.isGone) socket.close();
      socket.addEventListener("close", ({ code }) => {
        if (code === RECONNECT_CODE) hub.check();
        if (code === ABNORMAL_CLOSE) suspect();
      });
      return socket;
    },
  });
  replace(globalThis.Navigator?.prototype, "sendBeacon", {
    apply: (native, self, args) => Reflect.apply(native, self, pinFirst(args)),
  });
  for (const name of ["Worker", "SharedWorker"])
    replace(globalThis, name, {
      construct: (native, args, target) => Reflect.construct(native, pinWorker(args), target),
    });
}

/** `EventSource.CLOSED`: it was refused, or what came was no stream; it does not try again. */
const CLOSED = 2;
/** What a browser says of a connection that broke, or never came to be. */
const ABNORMAL_CLOSE = 1006;

function pinFirst([address, ...rest]: readonly unknown[]): never[] {
  return [inQuery(address) ?? address, ...rest] as never[];
}

/**
 * A worker reads its version from the fragment of its address: it is not sent, so all versions share the cached file, and
 * two versions never share one SharedWorker. What is no text (a TrustedScriptURL) must stay what it is.
 */
function pinWorker([address, ...rest]: readonly unknown[]): never[] {
  const text = typeof address === "string" || address instanceof URL;
  return [(text && inFragment(inQuery(address) ?? address)) || address, ...rest] as never[];
}
