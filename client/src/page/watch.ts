import { STATUS_PATH, VERSION_HEADER } from "../names.ts";
import { type Hub, NEWS_EVENT, type News } from "./hub.ts";
import { hearResponse } from "./pin-requests.ts";
import { joinSiblings } from "./siblings.ts";

/** Between two looks that nobody asked for by name: on a focus, a hint, a broken connection. */
const PAUSE_MS = 5000;

/** The hub, and what the pinned requests tell it. */
export interface Watch extends Hub {
  /** What the edge calls current, by an answer of the API. */
  hint(current: string | null): void;
  /** A connection failed, and a browser does not say why: is this version gone? */
  suspect(): void;
}

export interface WatchOptions {
  version: string;
  /** The browser's own fetch: what the watch asks is not pinned, and no wrapper of the app sees it. */
  fetch: typeof fetch;
  /** An address of the API that nobody serves: whether it answers *gone* is all that is asked. */
  probe: string;
  pollMs: number;
  /** Called with whether the page script is to step aside. */
  onSwitch: (off: boolean) => void;
}

/** Hears the news about versions: from API answers, from the edge, and from the page's siblings. */
export function watchVersions(scope: typeof globalThis, options: WatchOptions): Watch {
  const { version, fetch, pollMs } = options;
  const { document } = scope;
  const tell = (): void => {
    scope.dispatchEvent(new Event(NEWS_EVENT));
  };
  const hear = (news: News): void => {
    schedule();
    if (!news.current || (watch.news && news.r < watch.news.r)) return;
    watch.news = news;
    options.onSwitch(!!news.off);
    tell();
  };
  const watch: Watch = {
    version,
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
    // Only the status check, which reads what documents are chosen by, can tell a release from an edge that lags behind it.
    hint(current) {
      if (current && current !== watch.news?.current) glance();
    },
    suspect: seldom(() => {
      if (watch.isGone) return;
      const asking = fetch(options.probe, { headers: { [VERSION_HEADER]: version } });
      asking.then(
        (response) => hearResponse(response, watch),
        () => {}, // offline: no news
      );
    }),
    gone() {
      if (watch.isGone) return;
      watch.isGone = true;
      tell();
      tellSiblings(version);
    },
  };
  const glance = seldom(() => watch.check());
  const schedule = document ? pollWhileVisible(document, pollMs, watch.check) : () => {};
  const tellSiblings = joinSiblings(scope, (message) => {
    if (typeof message === "object") hear(message);
    else if (message === version) watch.suspect();
  });
  if (document) {
    const look = (): void => {
      if (!document.hidden) glance();
    };
    document.addEventListener("visibilitychange", look);
    scope.addEventListener("focus", look);
    void watch.check();
  }
  return watch;
}

/** Asks now and then, while somebody may be looking; returns how to begin the wait anew. */
function pollWhileVisible(document: Document, everyMs: number, check: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const schedule = (): void => {
    clearTimeout(timer);
    // Spread, so that pages which opened together do not ask together.
    timer = setTimeout(() => (document.hidden ? schedule() : check()), everyMs * (0.75 + Math.random() / 2));
  };
  return schedule;
}

/** Does it now or, when it was done a moment ago, a moment later; once, however often it is asked for. */
function seldom(act: () => void): () => void {
  let at = -PAUSE_MS;
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    const later = (): void => {
      isWaiting = false;
      at = performance.now();
      act();
    };
    setTimeout(later, at + PAUSE_MS - performance.now());
  };
}
