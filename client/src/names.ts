// Names that the client shares with the edge, the release and the services. They are copies of edge/src/names.ts,
// because the published client cannot import a private package. test/names/shared-names.test.ts compares each copy with
// its original.

/** Request header with the pin. The page script sets it only on requests whose address it cannot change. */
export const VERSION_HEADER = "x-lockstep-version";
/** Query parameter with the pin. */
export const VERSION_QUERY = "lockstep";
/** Response header with the edge's decision: `pinned`, `current`, `fell-back` or `gone`. */
export const OUTCOME_HEADER = "x-lockstep-outcome";
/** Response header with the id of the current version. */
export const CURRENT_HEADER = "x-lockstep-current";
/** Path of the status, which is never pinned or cached. */
export const STATUS_PATH = "/.lockstep/status";
/** Path of the heartbeat, which the edge forwards to the pinned version's health path. */
export const HEARTBEAT_PATH = "/.lockstep/heartbeat";
/** `type` of the problem document that says a version is gone. */
export const GONE_TYPE = "urn:lockstep:version-gone";
/** Server-sent event by which a service asks the page to reconnect. */
export const RECONNECT_EVENT = "lockstep-reconnect";
/** WebSocket close code by which a service asks the page to reconnect: "service restart" (IANA). */
export const RECONNECT_CODE = 1012;

/** Name of the `<meta>` element in which a page carries its version. */
export const VERSION_META = "lockstep-version";
/** File of a build that lists its files and says how it was built. */
export const BUILD_MANIFEST = "lockstep-files.json";
/** `YYYYMMDD-HHMMSS-<git7>`, as the source of a regular expression; sorts by age. */
export const VERSION_ID = "\\d{8}-\\d{6}-[0-9a-f]{7}";

/**
 * Environment variables that `npm run release` and `npm run build` set for a build of the frontend. Lists are joined by
 * spaces.
 */
export const VERSION_ENVIRONMENT = "LOCKSTEP_VERSION";
export const POLL_ENVIRONMENT = "LOCKSTEP_POLL_SECONDS";
export const PATHS_ENVIRONMENT = "LOCKSTEP_PATHS";
export const HASHED_FOLDERS_ENVIRONMENT = "LOCKSTEP_HASHED_FOLDERS";
export const BASE_ENVIRONMENT = "LOCKSTEP_BASE";
