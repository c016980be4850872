import { pinnedFetch, pinnedUrl } from "./pinned-fetch.ts";

const GONE_TYPE = "urn:lockstep:version-gone";

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

  const hear = (response: Response): void => {
    const current = response.headers.get("x-lockstep-current") ?? state.current;
    if (current !== undefined && state.status !== "gone") {
      become({ current, status: current === state.version ? "current" : "outdated" });
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
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
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
