/**
 * What the edge needs to know. CloudFront Functions and Lambda@Edge have no environment variables, so the values are baked
 * into the bundles when they are built; each bundle holds only those that it uses, and changes only when one of them does.
 */
export interface EdgeSettings {
  /** Whether every page load gets the root `index.html` (`app`), or each path its own page (`pages`). Default `app`. */
  kind?: "app" | "pages" | undefined;
  /** Where the frontend begins: starts and ends with a slash. Default `/`. */
  base?: string | undefined;
  /** Off: every request gets current, and the cookie is expired where it is met. */
  protect: boolean;
  /** Max-Age of the cookie. At most the lifetime of a version's service, which is at most that of its files. */
  windowSeconds: number;
  /** What a request whose cookie names a version that is gone gets: current, or the 409 that a header pin gets. */
  whenGone: "current" | "refuse";
  /** `<id>.<hostSuffix>` is the Host of a version when no map can be had; a map brings its own. */
  hostSuffix: string;
  /** Name of the SSM parameter that holds the version map. */
  mapParameter: string;
  /** Region of that parameter: the function's own `AWS_REGION` is wherever the viewer is. */
  mapRegion: string;
  /** Region of a copy of it, read when the first fails; `undefined` when there is none. */
  mapFallbackRegion?: string | undefined;
  /** A map older than this is not believed without asking again, as long as SSM answers. */
  mapTtlSeconds: number;
  /** CloudFront's path patterns of the services: a redirect inside them keeps its pin. */
  paths: readonly string[];
  /** Where the load balancer asks for the health of the first service; heartbeats of pages go there. */
  healthPath: string;
  /** Whether `x-lockstep-explain: 1` is answered. */
  explain: boolean;
}

/** Whether a page load needs no lookup: then paths with a dot have a behaviour of their own (`*.*`). */
export function appAtRoot({ kind, base = "/" }: Pick<EdgeSettings, "kind" | "base">): boolean {
  return kind !== "pages" && base === "/";
}
