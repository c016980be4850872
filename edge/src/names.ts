/** Every name that two parts must agree on, once. Header names are lower case, as CloudFront's events have them. */

/**
 * From app code, service workers and native clients: an explicit pin. From `route` to the service: the version that the request
 * is pinned to; absent when the request has no pin, or its pin did not decide.
 */
export const VERSION_HEADER = "x-lockstep-version";
/** From the page, first in the query of every request to its own services: the version it was built as. */
export const VERSION_QUERY = "lockstep";
/** From the browser: everything else. `__Host-` makes the browser refuse a copy from a subdomain or without `Path=/`. */
export const VERSION_COOKIE = "__Host-lockstep";
/** From `route` to the service, echoed to the page: `pinned`, `current` or `fell-back`; `gone` on a 409. */
export const OUTCOME_HEADER = "x-lockstep-outcome";
/** From `route` to the service, echoed to the page: the current version. */
export const CURRENT_HEADER = "x-lockstep-current";
/** From the service, out of its own environment: the proof of who answered. */
export const SERVED_HEADER = "x-lockstep-served";
/** From anyone who asks with `1`; `route` replaces it by the reasons, the service echoes them. */
export const EXPLAIN_HEADER = "x-lockstep-explain";
/** From CloudFront to the load balancer: the secret that keeps strangers out. */
export const ORIGIN_SECRET_HEADER = "x-lockstep-origin-secret";
/** On an HTML object in S3, as user metadata `lockstep-version`; `stamp` turns it into the cookie and removes it. */
export const STAMP_HEADER = "x-amz-meta-lockstep-version";
/** On the object of a build's `404.html`, as user metadata `lockstep-status`; `stamp` sets the answer's status from it and removes it. */
export const STATUS_HEADER = "x-amz-meta-lockstep-status";
/** On a shared object, as user metadata `lockstep-content`: MD5 of the content before it was compressed, in hex. Not for viewers. */
export const CONTENT_HEADER = "x-amz-meta-lockstep-content";
/** From `route` to the service: the viewer's Host. Whatever a viewer sends under this name is overwritten. */
export const FORWARDED_HOST_HEADER = "x-forwarded-host";
/** From CloudFront to the service, because the origin request policy names it: the viewer's protocol. Spelled as AWS does. */
export const VIEWER_PROTOCOL_HEADER = "CloudFront-Forwarded-Proto";

/** Server-sent event by which a service asks a page to reconnect. */
export const RECONNECT_EVENT = "lockstep-reconnect";
/** WebSocket close code by which a service asks a page to reconnect: "service restart" (IANA). */
export const RECONNECT_CODE = 1012;

/** Answered by the CloudFront Function itself: never pinned, never cached, no origin. */
export const STATUS_PATH = "/.lockstep/status";
/** What a visible page asks now and then. `route` sends it to the health path of the page's version, so that the load balancer counts it. */
export const HEARTBEAT_PATH = "/.lockstep/heartbeat";
/** Path pattern of the behaviour for paths with a dot: they may name a file of the build. */
export const FILE_PATTERN = "*.*";
/** The `type` of the problem document (RFC 9457) that says a version is gone. */
export const GONE_TYPE = "urn:lockstep:version-gone";
/** The `type` of the problem document that says nothing was released yet, or nobody knows what is current. */
export const UNAVAILABLE_TYPE = "urn:lockstep:no-current-version";

/** Key of the pointer in the CloudFront KeyValueStore: the version of new page loads. One read for a document. */
export const POINTER_CURRENT = "current";
/**
 * Key of the pointer: the body of `/.lockstep/status`, ready made. Written with `current` in one all-or-nothing update:
 *
 *     {"r": 12, "current": "<id>", "floor": "<id>" | null, "ending": {"<id>": <seconds since the epoch>}}
 *
 * and `"off": true` while the page script is to step aside.
 */
export const POINTER_STATUS = "status";
/**
 * Key of the pointer: the path table of current, or its header when the table has several parts (edge/src/path-table.ts). Written with
 * `current` in the same all-or-nothing update. Absent when the release before this one wrote the pointer.
 */
export const POINTER_FILES = "files";
/** Key of one part of a larger path table. */
export function pointerFilesPart(part: number): string {
  return `files:${part}`;
}
/**
 * First character of `current` when current has files at paths without a dot: a page load has to look them up. It sorts before every id,
 * so that a function's check of the value's shape sends such a page load to the table at no cost for other builds.
 */
export const PLAIN_FILES_MARK = "!";
/** The most that `/.lockstep/status` may be: every open page asks for it again and again. */
export const STATUS_MAX_BYTES = 300;

/** The environment variable from which an API knows which version it is. */
export const VERSION_ENVIRONMENT = "LOCKSTEP_VERSION";
/** The environment variable from which an API knows the app: a dimension of its metrics. */
export const APP_ENVIRONMENT = "LOCKSTEP_APP";
/** The environment variable from which a build of the frontend knows how often its pages show that somebody is there. */
export const POLL_ENVIRONMENT = "LOCKSTEP_POLL_SECONDS";

/** The environment variables from which a build of the frontend knows how it is served; the lists are joined by a space. */
export const PATHS_ENVIRONMENT = "LOCKSTEP_PATHS";
export const HASHED_FOLDERS_ENVIRONMENT = "LOCKSTEP_HASHED_FOLDERS";
export const BASE_ENVIRONMENT = "LOCKSTEP_BASE";

/** Name of the `<meta>` element in which a page carries its version. */
export const VERSION_META = "lockstep-version";
/** File of a build that lists its files and says how it was built. */
export const BUILD_MANIFEST = "lockstep-files.json";

/** CloudWatch namespace of Lockstep's own metrics. */
export const METRIC_NAMESPACE = "Lockstep";
/** Metrics of a version, with the dimensions `App` and `Version`. The service's middleware writes them, the janitor reads them. */
export const OPEN_CONNECTIONS_METRIC = "OpenConnections";
export const IN_FLIGHT_METRIC = "InFlight";

export type Carrier = "header" | "query" | "cookie";
export type Outcome = "pinned" | "current" | "fell-back" | "gone";

/** The SSM parameter that holds the version map of an app. */
export function versionMapParameter(app: string): string {
  return `/lockstep/${app}/version-map`;
}

/** Where a version's own files (all but the shared `/assets/`) stand in the web bucket and on the distribution. */
export function buildPrefix(id: string): string {
  return `/builds/${id}/`;
}
