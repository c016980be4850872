import { VERSION_HEADER } from "../names.ts";
import { replace } from "./patches.ts";
import { inQuery, isPinned, pinnedVersion } from "./pin.ts";
import { hearResponse, hearXhr, hub } from "./watch.ts";

type FetchArguments = [input: RequestInfo | URL, init?: RequestInit];

/** Pins `fetch` and `XMLHttpRequest` by address, and reads what their answers say about versions. */
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
        // wrong arguments: the browser reports them in its own words
      }
      const answer = pinned instanceof Promise ? pinned.then(send) : send(pinned ?? args);
      hub.follow?.(answer, method, !!pinned);
      if (!pinned) return answer;
      return answer.then((response) => {
        hearResponse(response);
        return response;
      });
    },
  });
  pinXhr(XMLHttpRequest.prototype);
}

/** The arguments of a fetch with the pin, at once or later; `undefined` when it is not ours to pin. */
function pinnedArguments(
  input: RequestInfo | URL,
  init: RequestInit | undefined,
): unknown[] | Promise<unknown[]> | undefined {
  const url = urlOf(input);
  const text = url ?? `${input}`;
  const address = inQuery(text);
  // The browser refuses a user name in an address, and quotes the address.
  if (!address || /\/\/[^/?#]*@/.test(text)) return undefined;
  if (url) return pinnedRequest(address, input as Request, init);
  return isPinned(init?.headers) ? undefined : [address, init];
}

/** Reads the address of a `Request` of any frame, as `fetch` does: past a subclass's getter. Returns `undefined` for other objects. */
function urlOf(input: unknown): string | undefined {
  try {
    // Only an object with headers can be one: an error for each plain address costs more than the rest of the pin.
    return (input as Request)?.headers && Reflect.get(Request.prototype, "url", input);
  } catch {
    return undefined;
  }
}

/**
 * A `Request` has a fixed address, so a new one is made of its fields. Its body is read first: passed on as it is, it would
 * become a stream, which HTTP/1.1 refuses.
 */
function pinnedRequest(address: string, input: Request, init?: RequestInit): unknown[] | Promise<unknown[]> {
  // What fetch itself does first: takes over the body, and reads each option once.
  const request = new Request(input, init);
  if (isPinned(request.headers)) return [request];
  const isRead = /^(GET|HEAD)$/.test(request.method);
  if (request.keepalive && request.mode !== "no-cors" && !isRead) {
    // The page may be gone before a body is read. Even a look at `body` makes a stream of it in WebKit, which keepalive refuses.
    request.headers.set(VERSION_HEADER, pinnedVersion());
    return [request];
  }
  const fields: Record<string, unknown> = { priority: init?.priority };
  for (const name in request) fields[name] = request[name as keyof Request];
  if (isRead || request.body === null) return [address, fields];
  return request.blob().then((body) => [address, { ...fields, body: body.size ? body : undefined }]);
}

/** An `XMLHttpRequest` with a pin: how the app opened it, and the headers that it has set since. */
interface Opened {
  args: never[];
  headers: [name: string, value: string][];
}

function pinXhr(xhr: XMLHttpRequest): void {
  const { open, setRequestHeader, addEventListener } = xhr;
  const pinned = new WeakMap<object, Opened>();
  const hear = ({ target }: Event): void => {
    // A redirect may have led to another origin, and Chromium logs each header that may not be read there.
    if (pinned.has(target!) && inQuery((target as XMLHttpRequest).responseURL)) hearXhr(target as never);
  };
  replace(xhr, "open", {
    apply(native, self: XMLHttpRequest, args: never[]) {
      const [method, given, ...rest] = args;
      const address = inQuery(given);
      Reflect.apply(native, self, address ? [method, address as never, ...rest] : args);
      pinned.delete(self);
      if (address) {
        pinned.set(self, { args, headers: [] });
        addEventListener.call(self, "loadend", hear); // the same listener twice is one
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
      // The app names a version itself: its request must not share an address, and so a cache entry, with ours.
      pinned.delete(self);
      open.apply(self, opened.args as never);
      for (const header of opened.headers) setRequestHeader.apply(self, header);
    },
  });
}
