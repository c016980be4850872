import { pinnedFetch, pinnedUrl } from "./pinned-fetch.ts";

const GONE_TYPE = "urn:lockstep:version-gone";
const STATUS_PATH = "/.lockstep/status";

/** `current`: as new as can be. `outdated`: a newer version is out, this one still answers. `gone`: it answers no more. */
export type Status = "current" | "outdated" | "gone";

export interface LockstepState {
  /** The version of this page; `undefined` without a stamp. */
  readonly version: string | undefined;
  /** The current version as far as this page has heard; `undefined` before the first answer. */
  readonly current: string | undefined;
  readonly status: Status;
}

export interface LockstepOptions {
  /** See `readPageVersion()`. */
  version: string | undefined;
  /** Default: the page's origin. */
  origin?: string;
  /** Default: `["/api/"]`. */
  apiPrefixes?: readonly string[];
  /** Default: the browser's. */
  fetch?: typeof fetch;
}

export interface Lockstep {
  /** `fetch`, pinned. */
  fetch: typeof fetch;
  /** An API address with the pin in its query. */
  url(address: string): string;
  getState(): LockstepState;
  /** Asks the edge what is current, unpinned and uncached. A failed check is silence: it changes nothing and throws nothing. */
  check(): Promise<void>;
  /** Calls `listener` after every change; returns how to stop. */
  subscribe(listener: () => void): () => void;
}

/** What one page knows about its version: it pins the page's API requests and reads the news off their answers. */
export function createLockstep(options: LockstepOptions): Lockstep {
  let state: LockstepState = { version: options.version, current: undefined, status: "current" };
  const listeners = new Set<() => void>();

  const become = (change: Partial<LockstepState>): void => {
    const next = { ...state, ...change };
    if (next.status === state.status && next.current === state.current) return;
    state = next;
    for (const listener of listeners) listener();
  };

  const hearCurrent = (current: string): void => {
    if (state.status !== "gone")
      become({ current, status: current === state.version ? "current" : "outdated" });
  };

  let checking: Promise<void> | undefined;
  const check = (): Promise<void> => {
    checking ??= readStatus(pinning.fetch, new URL(STATUS_PATH, pinning.origin))
      .then((current) => current !== undefined && hearCurrent(current))
      .then(() => {
        checking = undefined;
      });
    return checking;
  };

  const hear = (response: Response): void => {
    const current = response.headers.get("x-lockstep-current");
    if (current !== null && current !== state.current) {
      // An edge remembers its map for a while: right after a release a new page is told the version before it. Only the status
      // check, which reads what the page itself was chosen by, can tell that from a rollback.
      if (state.version !== undefined && current < state.version) void check();
      else hearCurrent(current);
    }
    if (response.status === 409) void readGone(response).then((gone) => gone && become({ status: "gone" }));
  };

  const pinning = {
    version: options.version,
    origin: options.origin ?? globalThis.location.origin,
    apiPrefixes: options.apiPrefixes ?? ["/api/"],
    fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
    onAnswer: hear,
  };
  return {
    fetch: pinnedFetch(pinning),
    url: (address) => pinnedUrl(address, pinning),
    getState: () => state,
    check,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The current version by the edge's own word; `undefined` when it cannot be had. */
async function readStatus(fetchStatus: typeof fetch, address: URL): Promise<string | undefined> {
  try {
    const response = await fetchStatus(address, { cache: "no-store" });
    const { current } = (await response.json()) as { current?: unknown };
    return response.ok && typeof current === "string" ? current : undefined;
  } catch {
    return undefined; // offline, or no edge in front (the dev server): no news
  }
}

/** Whether a 409 is Lockstep's and not the app's own. Reads a copy: the app gets the body untouched. */
async function readGone(response: Response): Promise<boolean> {
  // The edge answers application/problem+json; a load balancer's fixed response can only be application/json.
  if (!/^application\/(problem\+)?json\b/.test(response.headers.get("content-type") ?? "")) return false;
  try {
    const problem = (await response.clone().json()) as { type?: unknown };
    return problem.type === GONE_TYPE;
  } catch {
    return false; // a body that is no JSON, or that broke off, says nothing about versions
  }
}
