import type { Hub } from "./page/hub.ts";

/** Requests of this page that change something, of any origin. */
export interface Writes {
  /** How many are under way. */
  readonly count: number;
  /** When the last one began that a service has accepted, by `performance.now()`. */
  readonly savedAt: number;
}

/**
 * Follows what the page script sends. A write is over when its answer begins: a stream of answers may never end.
 *
 * @param ended called after every write
 */
export function followWrites(hub: Hub, ended: () => void): Writes {
  /** When each began. */
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
    // Not by instanceof: libraries such as zone.js replace Promise, and fetch goes on to return the browser's own.
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

/** Requests whose listeners are in place, and what they were last opened for. */
const opened = new WeakMap<XMLHttpRequest, { isWriting: boolean; isService: boolean }>();

/** @param request was just opened, which cancels what was under way */
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
