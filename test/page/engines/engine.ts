/** Engines of the page tests. Chromium runs all tests, the others run those that must not differ between engines. */
export type EngineName = "chromium" | "firefox" | "webkit";

/** A running browser, driven by any protocol. */
export interface Engine {
  readonly name: EngineName;
  /** As the browser reports it. */
  readonly version: string;
  /** Creates a profile: cookies, storage and cache that no other profile shares. */
  profile(): Promise<Profile>;
  /** Ends the browser with all its processes and removes its folders. */
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
   * Returns uncaught errors and console errors, oldest first. WebKit's driver has no console, so it returns the errors
   * that `collect-errors.js` collected. A page without that script has no errors in WebKit.
   */
  errors(): Promise<string[]>;
  close(): Promise<void>;
}

export interface EngineOptions {
  /**
   * The user's setting "block all cookies", which also blocks storage. Not for WebKit, whose test browser ignores it.
   */
  cookies?: "blocked";
}
