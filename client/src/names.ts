/** What the client and the edge must agree on; the edge has the same names in edge/src/names.ts. The client depends on nothing. */

export const VERSION_HEADER = "x-lockstep-version";
export const VERSION_QUERY = "lockstep";
export const OUTCOME_HEADER = "x-lockstep-outcome";
export const CURRENT_HEADER = "x-lockstep-current";
export const STATUS_PATH = "/.lockstep/status";
export const HEARTBEAT_PATH = "/.lockstep/heartbeat";
/** `type` of the problem document that says a version is gone. */
export const GONE_TYPE = "urn:lockstep:version-gone";
/** Name of the server-sent event by which the API asks for a new connection. */
export const RECONNECT_EVENT = "lockstep-reconnect";
/** WebSocket close code "service restart" (IANA): the same request, without a frame of its own. */
export const RECONNECT_CODE = 1012;

/** Name of the `<meta>` by which a page carries its version. Stamped by the Vite plugin, in the HTML only. */
export const VERSION_META = "lockstep-version";
/** `YYYYMMDD-HHMMSS-<git7>`, as the source of a regular expression; sorts by age. */
export const VERSION_ID = "\\d{8}-\\d{6}-[0-9a-f]{7}";
