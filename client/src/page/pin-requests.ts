import { VERSION_HEADER } from "../names.ts";
import { replace } from "./patches.ts";
import { hidePin, inQuery, isPinned, pinnedVersion } from "./pin.ts";
import { hearResponse, hearXhr } from "./watch.ts";
import { beginWrite, endWrite, isWrite } from "./writes.ts";

type FetchArguments = Parameters<typeof fetch>;

/** Pins `fetch` and `XMLHttpRequest` by address, and reads what their answers say about versions. */
export function pinRequests(): void {
  replace(globalThis, "fetch", {
    apply(native, self, args: never[]) {
      const send = (given: unknown[]) => Reflect.apply(native, self, given as never[]) as Promise<Response>;
      const pinned = pinnedArguments(args as never);
      const answer = pinned instanceof Promise ? pinned.then(send) : send(pinned ?? args);
      return followFetch(args as never, answer, !!pinned);
    },
  });
  hidePin(Response, "url");
  pinXhr(XMLHttpRequest.prototype);
  hidePin(XMLHttpRequest, "responseURL");
  // Monitoring tools look for the entry of a request by the address that the app gave.
  hidePin(globalThis.PerformanceResourceTiming, "name");
}

/** Reads the answer of a pinned fetch before the app does, and notes how a write ends. */
function followFetch(
  [input, init]: FetchArguments,
  answer: Promise<Response>,
  pinned: boolean,
): Promise<Response> {
  if (isWriting(input, init)) {
    beginWrite(answer);
    answer.then(
      (response) => endWrite(answer, pinned && response.ok),
      () => endWrite(answer),
    );
  }
  if (!pinned) return answer;
  return answer.then((response) => {
    hearResponse(response);
    return response;
  });
}

function isWriting(input: RequestInfo | URL, init: RequestInit | undefined): boolean {
  try {
    return isWrite(init?.method ?? (input as Request).method);
  } catch {
    return false; // wrong arguments: the browser reports them
  }
}

/**
 * The arguments of a fetch with the pin, at once or later; `undefined` when it is not ours to pin, or so wrong that only the
 * browser should report it.
 */
function pinnedArguments([input, init, ...rest]: FetchArguments & unknown[]):
  | unknown[]
  | Promise<unknown[]>
  | undefined {
  try {
    const isText = typeof input === "string" || input instanceof URL;
    const text = isText ? `${input}` : `${input.url ?? input}`;
    const address = inQuery(text);
    // The browser refuses a user name in an address, and quotes the address.
    if (!address || /\/\/[^/?#]*@/.test(text)) return undefined;
    if (!isText) return pinnedRequest(address, input, init);
    return isPinned(init?.headers) ? undefined : [address, init, ...rest];
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
  const fields: Record<string, unknown> = { priority: init?.priority };
  for (const name in request) fields[name] = request[name as keyof Request];
  if (!isWrite(request.method) || request.body === null) return [address, fields];
  if (request.keepalive && request.mode !== "no-cors") {
    // The page may be gone before a body is read.
    request.headers.set(VERSION_HEADER, pinnedVersion());
    return [request];
  }
  return request.blob().then((body) => [address, { ...fields, body: body.size > 0 ? body : undefined }]);
}

interface Opened {
  isWrite: boolean;
  /** As the app gave them, when the address was pinned. */
  pinned: unknown[] | undefined;
  headers: [string, string][];
}

function pinXhr(xhr: XMLHttpRequest): void {
  const { open, setRequestHeader, addEventListener } = xhr;
  const all = new WeakMap<object, Opened>();
  const follow = ({ target, type }: Event): void => {
    const request = target as XMLHttpRequest;
    const opened = all.get(request);
    if (type === "loadend" && opened?.pinned) hearXhr(request);
    if (!opened?.isWrite) return;
    if (type === "loadstart") beginWrite(request);
    else if (request.readyState > 1) endWrite(request, !!opened.pinned && /^2/.test(`${request.status}`));
  };
  replace(xhr, "open", {
    apply(native, self, args: never[]) {
      const [method, given, ...rest] = args as unknown[];
      const address = inQuery(given);
      const answer = Reflect.apply(native, self, address ? ([method, address, ...rest] as never[]) : args);
      endWrite(self); // opening cancels what was under way
      all.set(self, { isWrite: isWrite(method), pinned: address ? args : undefined, headers: [] });
      for (const type of ["loadstart", "readystatechange", "loadend"])
        addEventListener.call(self, type, follow as EventListener); // the same listener twice is one
      return answer;
    },
  });
  replace(xhr, "setRequestHeader", {
    apply(native, self, args: never[]) {
      Reflect.apply(native, self, args);
      const opened = all.get(self);
      opened?.headers.push(args as never);
      if (!opened?.pinned || !isPinned([args.slice(0, 2) as never])) return;
      // The app names a version itself: its request must not share an address, and so a cache entry, with ours.
      Reflect.apply(open, self, opened.pinned as never);
      opened.pinned = undefined;
      for (const header of opened.headers) setRequestHeader.apply(self, header);
    },
  });
}
