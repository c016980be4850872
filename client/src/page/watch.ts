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
import { joinSiblings, tellSiblings } from "./siblings.ts";

// Hears the news about versions: from API answers, from the edge, and from the page's siblings. One per page or worker.

/** The least time between two requests for the same reason: a focus, a hint, a broken connection. */
const PAUSE_MS = 5000;

/** The browser's own: what is asked here is not pinned, and no wrapper of the app sees it. */
const nativeFetch = fetch;

let pollMs: number;
let onSwitch: (off: boolean) => void;

export const hub: Hub = {
  async check() {
    try {
      const response = await nativeFetch(STATUS_PATH, { cache: "no-store" });
      const news: News = await response.json();
      news.aheadMs = Date.now() - Date.parse(response.headers.get("date")!);
      hear(news);
      tellSiblings(news);
    } catch {
      schedule(); // offline, or no edge in front: no news
    }
  },
  gone() {
    if (hub.isGone) return;
    hub.isGone = true;
    tell();
    tellSiblings(hub.version!);
  },
  suspect: seldom(() => {
    if (hub.isGone) return;
    const address = `${HEARTBEAT_PATH}?${VERSION_QUERY}=${hub.version}`;
    // Without credentials: no session of the app is extended, and no login is asked for.
    nativeFetch(address, { credentials: "omit", cache: "no-store" }).then(hearResponse, () => {}); // offline: no news
  }),
  pin: (address) => inQuery(address) ?? `${address}`,
};

/**
 * Begins to watch. What takes a browser a millisecond is left to the next task: the head of a page need not wait for it.
 *
 * @param switched called with whether the page script is to step aside
 */
export function watchVersions(version: string, everyMs: number, switched: (off: boolean) => void): void {
  hub.version = version;
  pollMs = everyMs;
  onSwitch = switched;
  setTimeout(() => {
    joinSiblings((message) => {
      if (message === hub.version) hub.suspect();
      else if (message) hear(message as News);
    });
    if (!document) return;
    void hub.check();
    document.addEventListener("visibilitychange", look);
    addEventListener("focus", look);
    // A page that only shows something sends no requests, and its version would count as unused (docs/decisions/053). The clock is
    // separate: news from a sibling put off the look at the status, and a sibling's version is not this one.
    setInterval(() => isHidden() || hub.suspect(), pollMs);
  });
}

/**
 * What the edge calls current, by an answer of the API. Only the status check, which reads what documents are chosen by, can
 * tell a release from an edge that lags behind it.
 */
function hint(current: string | null): void {
  if (current && current !== hub.news?.current) glance();
}

/** Reads what an answer says about versions, before the app sees it. */
export function hearResponse(response: Response): void {
  // A copy is read: the app gets the body untouched.
  hearAnswer(response.status, response.headers, () => response.clone().json());
}

/** Reads what the answer of an `XMLHttpRequest` says about versions. */
export function hearXhr(xhr: XMLHttpRequest): void {
  hearAnswer(xhr.status, { get: (name) => xhr.getResponseHeader(name) }, () => xhr.response);
}

/** @param read the body: as JSON, or as it came */
async function hearAnswer(status: number, headers: Pick<Headers, "get">, read: () => unknown): Promise<void> {
  hint(headers.get(CURRENT_HEADER));
  if (status !== 409) return;
  if (headers.get(OUTCOME_HEADER) === "gone") return hub.gone();
  try {
    // A load balancer's fixed answer has no header that says it.
    const body = await read();
    if (((body as Problem).type ?? JSON.parse(body as string).type) === GONE_TYPE) hub.gone();
  } catch {
    // no text, no JSON, or a body that broke off: the app's own 409
  }
}

interface Problem {
  type?: string;
}

const glance = seldom(hub.check);

/** Does not read `document.hidden`: a frame with `name="hidden"` replaces that property. */
function isHidden(): boolean {
  return document.visibilityState === "hidden";
}

function look(): void {
  if (!isHidden()) glance();
}

function hear(news: News): void {
  schedule();
  if (!news.current || (hub.news && news.r < hub.news.r)) return;
  hub.news = news;
  onSwitch(!!news.off);
  tell();
}

function tell(): void {
  dispatchEvent(new Event(NEWS_EVENT));
}

let poll: ReturnType<typeof setTimeout>;

/** Looks at the status now and then, while the page is visible. */
function schedule(): void {
  if (!document) return;
  clearTimeout(poll);
  const ask = (): unknown => (isHidden() ? schedule() : hub.check());
  // Spread, so that pages which opened together do not ask together.
  poll = setTimeout(ask, pollMs * (0.75 + Math.random() / 2));
}

/** Does it now or, when it was done a moment ago, a moment later; once, however often it is asked for. */
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
