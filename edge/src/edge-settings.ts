/**
 * Settings of the edge functions. CloudFront Functions and Lambda@Edge have no environment variables, so the values are
 * baked into the bundles at build time. A bundle changes only when one of the values that it uses changes.
 */
export interface EdgeSettings {
  /** Whether every page load gets the root `index.html` (`app`), or each path its own page (`pages`). Default `app`. */
  kind?: "app" | "pages" | undefined;
  /** Path of the frontend; starts and ends with a slash. Default `/`. */
  base?: string | undefined;
  /** Whether pins are honored. `false`: every request gets current, and page loads expire the cookie. */
  protect: boolean;
  /** Max-Age of the cookie. At most the lifetime of a version's service, which is at most the lifetime of its files. */
  windowSeconds: number;
  /** The answer when a request's cookie names a version that is gone: current, or the 409 that a header pin gets. */
  whenGone: "current" | "refuse";
  /** `<id>.<hostSuffix>` is the Host of a version when there is no map; a map contains its own suffix. */
  hostSuffix: string;
  /** Name of the SSM parameter that holds the version map. */
  mapParameter: string;
  /** Region of that parameter. The function's own `AWS_REGION` is a region near the viewer. */
  mapRegion: string;
  /** Lifetime of the cached map. When the map is older, a request waits for a newer one, unless SSM fails. */
  mapTtlSeconds: number;
  /** CloudFront's path patterns of the services. A redirect to one of them keeps its pin. */
  paths: readonly string[];
  /** Health path of the first service, to which `route` sends the heartbeats of pages. */
  healthPath: string;
  /** Whether `x-lockstep-explain: 1` is answered with the reasons. */
  explain: boolean;
}

/** Whether a page load needs no lookup. If so, paths with a dot have a separate behavior (`*.*`). */
export function appAtRoot({ kind, base = "/" }: Pick<EdgeSettings, "kind" | "base">): boolean {
  return kind !== "pages" && base === "/";
}
