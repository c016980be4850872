// Names that several packages share. Header names are lower case, as in CloudFront's events.

/**
 * From app code, service workers and native clients to the edge: an explicit pin. From `route` to the service: the
 * version that the request is pinned to; absent when the request has no pin, or the pinned version did not get the
 * request.
 */
export const VERSION_HEADER = "x-lockstep-version";
/** From the page: its version, as the first pair in the query of every request to its own services. */
export const VERSION_QUERY = "lockstep";
/** From the browser, on other requests. Browsers refuse a `__Host-` cookie from a subdomain or without `Path=/`. */
export const VERSION_COOKIE = "__Host-lockstep";
/** From `route` to the service, echoed to the page: `pinned`, `current` or `fell-back`; `gone` on a 409. */
export const OUTCOME_HEADER = "x-lockstep-outcome";
/** From `route` to the service, echoed to the page: the current version. */
export const CURRENT_HEADER = "x-lockstep-current";
/** From the service, which reads it from its own environment: proves which version answered. */
export const SERVED_HEADER = "x-lockstep-served";
/**
 * `1` from the viewer requests the reasons for a decision. `route` replaces the value with the reasons, and the service
 * echoes it.
 */
export const EXPLAIN_HEADER = "x-lockstep-explain";
/** From CloudFront to the load balancer: the secret without which the load balancer refuses a request. */
export const ORIGIN_SECRET_HEADER = "x-lockstep-origin-secret";
/** From `route` to the service: the viewer's Host. A value that the viewer sent is overwritten. */
export const FORWARDED_HOST_HEADER = "x-forwarded-host";
/**
 * From CloudFront to the service (the origin request policy names it): the viewer's protocol. Spelled as AWS spells it.
 */
export const VIEWER_PROTOCOL_HEADER = "CloudFront-Forwarded-Proto";

/** Server-sent event by which a service asks a page to reconnect. */
export const RECONNECT_EVENT = "lockstep-reconnect";
/** WebSocket close code by which a service asks a page to reconnect: "service restart" (IANA). */
export const RECONNECT_CODE = 1012;

/** The header under which S3 sends user metadata. */
type MetadataHeader<Key extends string> = `x-amz-meta-${Key}`;
/** Metadata of an HTML object: its version. `stamp` turns it into the cookie and removes it. */
export const STAMP_METADATA = "lockstep-version";
export const STAMP_HEADER: MetadataHeader<typeof STAMP_METADATA> = "x-amz-meta-lockstep-version";
/** Metadata of a build's `404.html`: the status of the answer, which `stamp` sets. */
export const STATUS_METADATA = "lockstep-status";
export const STATUS_HEADER: MetadataHeader<typeof STATUS_METADATA> = "x-amz-meta-lockstep-status";
/** Metadata of a shared object: MD5 of the content before compression, in hex. Removed before viewers get it. */
export const CONTENT_METADATA = "lockstep-content";
export const CONTENT_HEADER: MetadataHeader<typeof CONTENT_METADATA> = "x-amz-meta-lockstep-content";

/**
 * Prefix of Lockstep's own paths. The constants below repeat it, because esbuild would keep a template literal in every
 * bundle.
 */
export const LOCKSTEP_PATH = "/.lockstep/";
type LockstepPath = `${typeof LOCKSTEP_PATH}${string}`;
/** Path of the status. A CloudFront Function answers it: never pinned, never cached, no origin. */
export const STATUS_PATH = "/.lockstep/status" satisfies LockstepPath;
/**
 * Path that a visible page requests at intervals. `route` forwards the request to the health path, so the load balancer
 * counts it.
 */
export const HEARTBEAT_PATH = "/.lockstep/heartbeat" satisfies LockstepPath;
/** Path pattern of the behavior for paths with a dot, which may name a file of the build. */
export const FILE_PATTERN = "*.*";
/** `type` of the problem document (RFC 9457) for a version that is gone. */
export const GONE_TYPE = "urn:lockstep:version-gone";
/** `type` of the problem document when nothing is released yet, or current is unknown. */
export const UNAVAILABLE_TYPE = "urn:lockstep:no-current-version";

/** Key of the pointer in the CloudFront KeyValueStore: the version of new page loads, read once per document. */
export const POINTER_CURRENT = "current";
/**
 * Key of the pointer: the body of `/.lockstep/status`. One all-or-nothing update writes it together with `current`:
 *
 *     {"r": 12, "current": "<id>", "floor": "<id>" | null, "ending": {"<id>": <seconds since the epoch>}}
 *
 * While the page script is switched off, it also has `"off": true`.
 */
export const POINTER_STATUS = "status";
/**
 * Key of the pointer: the path table of current, or only its header when the table has several parts (path-table.ts).
 * Written in the same update as `current`. Absent when a release of Lockstep without path tables wrote the pointer.
 */
export const POINTER_FILES = "files";
/** Key of one part of a larger path table. */
export function pointerFilesPart(part: number): string {
  return `files:${part}`;
}
/**
 * First character of `current` when current has files at paths without a dot, so that a page load must look up its
 * path. The mark sorts before every id, so a function's check of the value's shape fails. Other builds have no extra
 * cost.
 */
export const PLAIN_FILES_MARK = "!";
/**
 * Maximum size of the body of `/.lockstep/status`, in bytes. It is small, because every open page requests it
 * regularly.
 */
export const STATUS_MAX_BYTES = 300;

/** Environment variable of a service: its version. */
export const VERSION_ENVIRONMENT = "LOCKSTEP_VERSION";
/** Environment variable of a service: the name of the app, which is a dimension of its metrics. */
export const APP_ENVIRONMENT = "LOCKSTEP_APP";
/** Environment variable of a frontend's build: seconds between the heartbeats of a page. */
export const POLL_ENVIRONMENT = "LOCKSTEP_POLL_SECONDS";
/** Environment variables of a frontend's build: how the frontend is served. A space separates the items of a list. */
export const PATHS_ENVIRONMENT = "LOCKSTEP_PATHS";
export const HASHED_FOLDERS_ENVIRONMENT = "LOCKSTEP_HASHED_FOLDERS";
export const BASE_ENVIRONMENT = "LOCKSTEP_BASE";

/** Name of the `<meta>` element in which a page carries its version. */
export const VERSION_META = "lockstep-version";
/** File of a build that lists its files and says how it was built. */
export const BUILD_MANIFEST = "lockstep-files.json";

/** CloudWatch namespace of Lockstep's own metrics. */
export const METRIC_NAMESPACE = "Lockstep";
/**
 * Metrics of a version (dimensions `App` and `Version`). A service's middleware writes them, and the janitor reads
 * them.
 */
export const OPEN_CONNECTIONS_METRIC = "OpenConnections";
export const IN_FLIGHT_METRIC = "InFlight";

/** What `route` did with a request. */
export type Outcome = "pinned" | "current" | "fell-back" | "gone";

/** Returns the name of the SSM parameter that holds an app's version map. */
export function versionMapParameter(app: string): string {
  return `/lockstep/${app}/version-map`;
}
