/** Engines of the page tests. Chromium runs every test, the others run what must not differ. */
export type EngineName = "chromium" | "firefox" | "webkit";

/** One running browser, whichever protocol drives it. */
export interface Engine {
  readonly name: EngineName;
  /** As the browser reports it. */
  readonly version: string;
  /** Creates a profile: cookies, storage and cache that no other profile shares. */
  profile(): Promise<Profile>;
  /** Ends the browser and every process and folder that belongs to it. */
  close(): Promise<void>;
}

/** Cookies, storage, cache and tabs. */
export interface Profile {
  /** Opens a tab and waits until the page is loaded. */
  open(address: string): Promise<Tab>;
  close(): Promise<void>;
}

/** One page. Functions run in the page: they can use their arguments (JSON) and the page's globals, nothing else. */
export interface Tab {
  /** Loads a page and waits until it is loaded. */
  goto(address: string): Promise<void>;
  /** Runs a function in the page; the result must be JSON. */
  evaluate<Arguments extends unknown[], Result>(
    act: (...args: Arguments) => Result | Promise<Result>,
    ...args: Arguments
  ): Promise<Result>;
  /** Clicks an element of the page as a user does (a trusted event). */
  click(find: () => Element | null): Promise<void>;
  /**
   * Uncaught errors and console errors, oldest first. WebKit's driver has no console: there it is what `collect-errors.js`
   * has seen, so a page without it has no errors in WebKit.
   */
  errors(): Promise<string[]>;
  close(): Promise<void>;
}

export interface EngineOptions {
  /** The user's setting "block all cookies", which also takes storage away. Not for WebKit, whose test browser ignores it. */
  cookies?: "blocked";
}
