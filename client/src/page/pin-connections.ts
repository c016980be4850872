import { RECONNECT_CODE, RECONNECT_EVENT } from "../names.ts";
import type { Patches } from "./patches.ts";
import type { Pin } from "./pin.ts";
import type { Watch } from "./watch.ts";

/** Pins by query what can set no header: EventSource, WebSocket, sendBeacon; and workers, with what they send in turn. */
export function pinConnections(scope: typeof globalThis, patches: Patches, pin: Pin, watch: Watch): void {
  patches.replace(scope, "EventSource", {
    construct(native, args, target) {
      const source: EventSource = Reflect.construct(native, pinFirst(args, pin), target);
      if (!pin.toApi(source.url)) return source;
      source.addEventListener(RECONNECT_EVENT, watch.check);
      source.addEventListener("error", () => source.readyState === CLOSED && watch.suspect());
      return source;
    },
  });
  patches.replace(scope, "WebSocket", {
    construct(native, args, target) {
      const socket: WebSocket = Reflect.construct(native, pinFirst(args, pin), target);
      if (!pin.toApi(socket.url)) return socket;
      // An app that tries for ever to come back would ask for ever: it gets its error without a request.
      if (watch.isGone) socket.close();
      socket.addEventListener("close", ({ code }) => {
        if (code === RECONNECT_CODE) watch.check();
        if (code === ABNORMAL_CLOSE) watch.suspect();
      });
      return socket;
    },
  });
  patches.replace(scope.Navigator?.prototype, "sendBeacon", {
    apply: (native, self, args) => Reflect.apply(native, self, pinFirst(args, pin)),
  });
  for (const name of ["Worker", "SharedWorker"])
    patches.replace(scope, name, {
      construct: (native, args, target) => Reflect.construct(native, pinWorker(args, pin), target),
    });
}

/** `EventSource.CLOSED`: it was refused, or what came was no stream; it does not try again. */
const CLOSED = 2;
/** What a browser says of a connection that broke, or never came to be. */
const ABNORMAL_CLOSE = 1006;

function pinFirst([address, ...rest]: readonly unknown[], pin: Pin): never[] {
  return [pin.inQuery(address) ?? address, ...rest] as never[];
}

/**
 * A worker reads its version from the fragment of its address: it is not sent, so all versions share the cached file, and
 * two versions never share one SharedWorker. What is no text (a TrustedScriptURL) must stay what it is.
 */
function pinWorker([address, ...rest]: readonly unknown[], pin: Pin): never[] {
  const text = typeof address === "string" || address instanceof URL;
  return [(text && pin.inFragment(pin.inQuery(address) ?? address)) || address, ...rest] as never[];
}
