import type { Hub } from "./page/hub.ts";

/** Writes of this page: requests to any origin whose method is not GET, HEAD or OPTIONS. */
export interface Writes {
  /** Number of pending writes. */
  readonly count: number;
  /** Start of the latest write that a service accepted (`performance.now()`). */
  readonly savedAt: number;
}

/**
 * Follows the page's writes through the page script. A write ends when its response headers arrive, because a streamed
 * response may never end.
 *
 * @param ended called after each write
 */
export function followWrites(hub: Hub, ended: () => void): Writes {
  /** Pending write → its start. */
  const begun = new Map<object, number>();
  let savedAt = 0;
  const end = (request: object, isSaved: boolean): void => {
    const at = begun.get(request);
    if (at === undefined) return;
    begun.delete(request);
    if (isSaved) savedAt = Math.max(savedAt, at);
    ended();
  };
  const begin = (request: object): void => void begun.set(request, performance.now());
  hub.follow = (request, method, isService) => {
    // Not `instanceof Promise`: libraries such as zone.js replace Promise, but fetch still returns the native one.
    if ("then" in request) {
      if (!isWrite(method)) return;
      begin(request);
      request.then(
        ({ ok }) => end(request, isService && ok),
        () => end(request, false),
      );
    } else followXhr(request, isWrite(method), isService, begin, end);
  };
  return {
    get count() {
      return begun.size;
    },
    get savedAt() {
      return savedAt;
    },
  };
}

/** Request that already has listeners → how it was last opened. */
const opened = new WeakMap<XMLHttpRequest, { isWriting: boolean; isService: boolean }>();

/** @param request just opened, which cancels an earlier request of the same object */
function followXhr(
  request: XMLHttpRequest,
  isWriting: boolean,
  isService: boolean,
  begin: (request: object) => void,
  end: (request: object, isSaved: boolean) => void,
): void {
  end(request, false);
  const isKnown = opened.has(request);
  opened.set(request, { isWriting, isService });
  if (isKnown) return;
  request.addEventListener("loadstart", () => opened.get(request)!.isWriting && begin(request));
  request.addEventListener("readystatechange", () => {
    if (request.readyState < XMLHttpRequest.HEADERS_RECEIVED) return;
    end(request, opened.get(request)!.isService && request.status >= 200 && request.status < 300);
  });
}

function isWrite(method: unknown = "GET"): boolean {
  return !/^(get|head|options)$/i.test(`${method}`);
}
