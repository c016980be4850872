import {
  CURRENT_HEADER,
  GONE_TYPE,
  HEARTBEAT_PATH,
  OUTCOME_HEADER,
  STATUS_PATH,
  VERSION_QUERY,
} from "../names.ts";
import { type Hub, NEWS_EVENT, type News } from "./hub.ts";
import { document, inQuery } from "./pin.ts";
import { joinSiblings, sendToSiblings } from "./siblings.ts";

// Receives news about versions from service responses, from the edge, and from sibling tabs. The state is per page or
// worker.

/** Minimum time between two requests for the same reason: a focus, a hint, a broken connection. */
const PAUSE_MS = 5000;

/** The native fetch: these requests are not pinned, and wrappers by the app do not see them. */
const nativeFetch = fetch;

let pollMs: number;
let onSwitch: (off: boolean) => void;

export const hub: Hub = {
  async check() {
    try {
      const response = await nativeFetch(STATUS_PATH, { cache: "no-store" });
      const news: News = await response.json();
      news.aheadMs = Date.now() - Date.parse(response.headers.get("date")!);
      receive(news);
      sendToSiblings(news);
    } catch {
      schedule(); // offline, or no edge answers this path
    }
  },
  gone() {
    if (hub.isGone) return;
    hub.isGone = true;
    notify();
    sendToSiblings(hub.version!);
  },
  suspect: seldom(() => {
    if (hub.isGone) return;
    const address = `${HEARTBEAT_PATH}?${VERSION_QUERY}=${hub.version}`;
    // Without credentials, so that no session of the app is extended and no login prompt appears.
    nativeFetch(address, { credentials: "omit", cache: "no-store" }).then(readResponse, () => {}); // offline: nothing changes
  }),
  pin: (address) => inQuery(address) ?? `${address}`,
};

/**
 * Starts to watch for news. Work that takes about a millisecond runs in the next task, so that it does not delay the
 * page's head.
 *
 * @param switched called after each news with whether the page script must switch itself off
 */
export function watchVersions(version: string, everyMs: number, switched: (off: boolean) => void): void {
  hub.version = version;
  pollMs = everyMs;
  onSwitch = switched;
  setTimeout(() => {
    joinSiblings((message) => {
      if (message === hub.version) hub.suspect();
      else if (message) receive(message as News);
    });
    if (!document) return;
    void hub.check();
    document.addEventListener("visibilitychange", look);
    addEventListener("focus", look);
    // Heartbeat (docs/decisions/063): a page that is only read sends no requests, so its version would count as idle.
    // It has its own timer, because news from a sibling postpones the status check, and a sibling may have another
    // version.
    setInterval(() => isHidden() || hub.suspect(), pollMs);
  });
}

/**
 * Takes the current version from a service response as a hint and checks the status. Only the status is authoritative:
 * it comes from the pointer that selects documents, while the edge that answered may still have an old map.
 */
function hint(current: string | null): void {
  if (current && current !== hub.news?.current) glance();
}

/** Reads version information from a response, before the app gets it. */
export function readResponse(response: Response): void {
  // Reads a copy, so that the app can still read the body.
  readAnswer(response.status, response.headers, () => response.clone().json());
}

/** Reads version information from the response of an `XMLHttpRequest`. */
export function readXhr(xhr: XMLHttpRequest): void {
  readAnswer(xhr.status, { get: (name) => xhr.getResponseHeader(name) }, () => xhr.response);
}

/** @param read returns the body, parsed as JSON or as text */
async function readAnswer(status: number, headers: Pick<Headers, "get">, read: () => unknown): Promise<void> {
  hint(headers.get(CURRENT_HEADER));
  if (status !== 409) return;
  if (headers.get(OUTCOME_HEADER) === "gone") return hub.gone();
  try {
    // The load balancer's fixed response has no outcome header.
    const body = await read();
    if (((body as Problem).type ?? JSON.parse(body as string).type) === GONE_TYPE) hub.gone();
  } catch {
    // not text, not JSON, or an incomplete body: a 409 of the app
  }
}

interface Problem {
  type?: string;
}

const glance = seldom(hub.check);

/** Does not read `document.hidden`, because a frame with `name="hidden"` hides that property. */
function isHidden(): boolean {
  return document.visibilityState === "hidden";
}

function look(): void {
  if (!isHidden()) glance();
}

function receive(news: News): void {
  schedule();
  if (!news.current || (hub.news && news.r < hub.news.r)) return;
  hub.news = news;
  onSwitch(!!news.off);
  notify();
}

function notify(): void {
  dispatchEvent(new Event(NEWS_EVENT));
}

let poll: ReturnType<typeof setTimeout>;

/** Schedules the next status check. A hidden page skips it. */
function schedule(): void {
  if (!document) return;
  clearTimeout(poll);
  const ask = (): unknown => (isHidden() ? schedule() : hub.check());
  // Randomized, so that pages opened at the same time do not send requests at the same time.
  poll = setTimeout(ask, pollMs * (0.75 + Math.random() / 2));
}

/** Limits how often `act` runs. Calls within the pause share one later run. */
function seldom(act: () => void): () => void {
  let at = -PAUSE_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    if (timer) return;
    const later = (): void => {
      timer = undefined;
      at = performance.now();
      act();
    };
    timer = setTimeout(later, at + PAUSE_MS - performance.now());
  };
}
