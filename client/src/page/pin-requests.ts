import { VERSION_HEADER } from "../names.ts";
import { replace } from "./patches.ts";
import { inQuery, isPinned, pinnedVersion } from "./pin.ts";
import { hub, readResponse, readXhr } from "./watch.ts";

type FetchArguments = [input: RequestInfo | URL, init?: RequestInit];

/** Pins the addresses of `fetch` and `XMLHttpRequest`, and reads version information from their responses. */
export function pinRequests(): void {
  replace(globalThis, "fetch", {
    apply(native, self, args: never[]) {
      const [input, init] = args as never as FetchArguments;
      const send = (given: unknown[]) => Reflect.apply(native, self, given as never[]) as Promise<Response>;
      let pinned: ReturnType<typeof pinnedArguments>;
      let method: unknown;
      try {
        pinned = pinnedArguments(input, init);
        method = init?.method ?? (input as Request).method;
      } catch {
        // wrong arguments: the native function throws its own error
      }
      const answer = pinned instanceof Promise ? pinned.then(send) : send(pinned ?? args);
      hub.follow?.(answer, method, !!pinned);
      if (!pinned) return answer;
      return answer.then((response) => {
        readResponse(response);
        return response;
      });
    },
  });
  pinXhr(XMLHttpRequest.prototype);
}

/**
 * Returns the arguments of a fetch with the pin, or a promise of them. Returns `undefined` if the request must not be
 * pinned.
 */
function pinnedArguments(
  input: RequestInfo | URL,
  init: RequestInit | undefined,
): unknown[] | Promise<unknown[]> | undefined {
  const url = urlOf(input);
  const text = url ?? `${input}`;
  const address = inQuery(text);
  // The browser refuses an address with a user name and quotes it in the error.
  if (!address || /\/\/[^/?#]*@/.test(text)) return undefined;
  if (url) return pinnedRequest(address, input as Request, init);
  return isPinned(init?.headers) ? undefined : [address, init];
}

/**
 * Reads the address of a `Request` from any frame as `fetch` does, ignoring a subclass's getter. Returns `undefined`
 * for other values.
 */
function urlOf(input: unknown): string | undefined {
  try {
    // Checks for headers first, because an exception for each plain address would cost more than all other steps.
    return (input as Request)?.headers && Reflect.get(Request.prototype, "url", input);
  } catch {
    return undefined;
  }
}

/**
 * The address of a `Request` cannot change, so its fields are copied to new arguments. Its body is read first: an
 * unread body would be sent as a stream, which browsers refuse over HTTP/1.1.
 */
function pinnedRequest(address: string, input: Request, init?: RequestInit): unknown[] | Promise<unknown[]> {
  // Does what fetch does first: takes over the body and reads each option once.
  const request = new Request(input, init);
  if (isPinned(request.headers)) return [request];
  const isRead = /^(GET|HEAD)$/.test(request.method);
  if (request.keepalive && request.mode !== "no-cors" && !isRead) {
    // The page may unload before its body is read. In WebKit, even reading `body` turns it into a stream, which
    // keepalive refuses.
    request.headers.set(VERSION_HEADER, pinnedVersion());
    return [request];
  }
  const fields: Record<string, unknown> = { priority: init?.priority };
  for (const name in request) fields[name] = request[name as keyof Request];
  if (isRead || request.body === null) return [address, fields];
  return request.blob().then((body) => [address, { ...fields, body: body.size ? body : undefined }]);
}

/** A pinned `XMLHttpRequest`: the arguments of `open()`, and the headers that the app set afterwards. */
interface Opened {
  args: never[];
  headers: [name: string, value: string][];
}

function pinXhr(xhr: XMLHttpRequest): void {
  const { open, setRequestHeader, addEventListener } = xhr;
  const pinned = new WeakMap<object, Opened>();
  const readAtEnd = ({ target }: Event): void => {
    // After a redirect to another origin, Chromium logs an error for each header that must not be read.
    if (pinned.has(target!) && inQuery((target as XMLHttpRequest).responseURL)) readXhr(target as never);
  };
  replace(xhr, "open", {
    apply(native, self: XMLHttpRequest, args: never[]) {
      const [method, given, ...rest] = args;
      const address = inQuery(given);
      Reflect.apply(native, self, address ? [method, address as never, ...rest] : args);
      pinned.delete(self);
      if (address) {
        pinned.set(self, { args, headers: [] });
        addEventListener.call(self, "loadend", readAtEnd); // adding the same listener again has no effect
      }
      hub.follow?.(self, method, !!address);
    },
  });
  replace(xhr, "setRequestHeader", {
    apply(native, self: XMLHttpRequest, args: never[]) {
      Reflect.apply(native, self, args);
      const opened = pinned.get(self);
      opened?.headers.push(args as never);
      if (!opened || !isPinned([args.slice(0, 2) as never])) return;
      // The app names a version itself. Without the pin, its request cannot share a cache entry with a pinned one.
      pinned.delete(self);
      open.apply(self, opened.args as never);
      for (const header of opened.headers) setRequestHeader.apply(self, header);
    },
  });
}
