import { STATUS_PATH, VERSION_HEADER } from "../names.ts";
import { type Hub, NEWS_EVENT, type News } from "./hub.ts";
import { hearResponse } from "./pin-requests.ts";
import { joinSiblings, tellSiblings } from "./siblings.ts";

// Hears the news about versions: from API answers, from the edge, and from the page's siblings. One per page or worker.

/** Between two looks that nobody asked for by name: on a focus, a hint, a broken connection. */
const PAUSE_MS = 5000;

/** The browser's own: what is asked here is not pinned, and no wrapper of the app sees it. */
const { document, fetch } = globalThis;

interface WatchOptions {
  version: string;
  /** An address of the API that no app serves: whether it answers *gone*, and that it was asked, is all that matters. */
  probe: string;
  pollMs: number;
  /** Called with whether the page script is to step aside. */
  onSwitch: (off: boolean) => void;
}

let options: WatchOptions;

export const hub: Hub = {
  version: undefined,
  news: undefined,
  isGone: false,
  async check() {
    try {
      const response = await fetch(STATUS_PATH, { cache: "no-store" });
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
    tellSiblings(options.version);
  },
};

/** Begins to watch. What takes a browser a millisecond is left to the next task: the head of a page need not wait for it. */
export function watchVersions(given: WatchOptions): void {
  options = given;
  hub.version = given.version;
  setTimeout(() => {
    joinSiblings((message) => {
      if (typeof message === "object") hear(message);
      else if (message === options.version) suspect();
    });
    if (!document) return;
    void hub.check();
    document.addEventListener("visibilitychange", look);
    addEventListener("focus", look);
    // A clock of its own: news from a sibling put off the look at the status, and a sibling's version is not this one.
    setInterval(() => document.hidden || suspect(), given.pollMs);
  });
}

/**
 * What the edge calls current, by an answer of the API. Only the status check, which reads what documents are chosen by, can
 * tell a release from an edge that lags behind it.
 */
export function hint(current: string | null): void {
  if (current && current !== hub.news?.current) glance();
}

/** A connection failed, and a browser does not say why: is this version gone? */
export const suspect = seldom(() => {
  if (hub.isGone) return;
  const asking = fetch(options.probe, { headers: { [VERSION_HEADER]: options.version } });
  asking.then(hearResponse, () => {}); // offline: no news
});

const glance = seldom(hub.check);

function look(): void {
  if (!document.hidden) glance();
}

function hear(news: News): void {
  schedule();
  if (!news.current || (hub.news && news.r < hub.news.r)) return;
  hub.news = news;
  options.onSwitch(!!news.off);
  tell();
}

function tell(): void {
  dispatchEvent(new Event(NEWS_EVENT));
}

let poll: ReturnType<typeof setTimeout>;

/**
 * Asks now and then, while somebody may be looking. The API too: a page that only looks makes no requests, and its version would
 * be taken for one that nobody uses (docs/decisions/053).
 */
function schedule(): void {
  if (!document) return;
  clearTimeout(poll);
  const ask = (): unknown => (document.hidden ? schedule() : hub.check());
  // Spread, so that pages which opened together do not ask together.
  poll = setTimeout(ask, options.pollMs * (0.75 + Math.random() / 2));
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
