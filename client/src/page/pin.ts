import { VERSION_HEADER, VERSION_ID, VERSION_QUERY } from "../names.ts";
import { replace } from "./patches.ts";

// Decides which requests are pinned, and writes the pin to addresses. The state is per page or worker.

/** A path that neither a URL parser nor CloudFront rewrites. */
const PLAIN_PATH = /^(?:\/[\w-]+)+\/?(?![^?#])/;
/** Finds a pin in the query of an address. */
const CARRIED = new RegExp(`^[^?#]*\\?(?:[^#]*&)?${VERSION_QUERY}=(${VERSION_ID})(?![^&#])`);
/** `undefined` in a worker. */
export const { document } = globalThis;
/** Origin of the page's address. `globalThis.origin` is "null" in a sandboxed frame. */
const { origin } = new URL(base());

/** Version of the page. */
let id: string;
/** Matches the paths of the services. Requests for other paths (assets, documents, the status) never change. */
let paths: RegExp;
/** Whether the edge switched the page script off. Then nothing is pinned. */
let isOff: boolean;
/** Finds this page's pin at the position that `inQuery()` uses. */
let shown: RegExp;

/**
 * Sets the version and the paths to pin.
 *
 * @param patterns path patterns of the services, separated by spaces, with CloudFront's wildcards: `*` is any text, `?`
 * is one character
 */
export function setPin(version: string, patterns: string): void {
  const wildcards: Record<string, string> = { " ": "|", "*": ".*", "?": "." };
  const source = patterns.replace(/[^\w/]/g, (character) => wildcards[character] ?? `\\${character}`);
  id = version;
  paths = new RegExp(`^(${source})$`, "s");
  shown = new RegExp(`\\?${VERSION_QUERY}=${id}(&?)`);
}

/** Stops pinning. */
export function dropPin(): void {
  isOff = true;
}

/** Returns the version of the pin. */
export function pinnedVersion(): string {
  return id;
}

/**
 * Adds the pin as the first pair in the query of a service's address. No other byte changes. An address that already
 * has this pin is returned unchanged. Returns `undefined` for other addresses, and for an address with another
 * version's pin.
 */
export function inQuery(address: unknown): string | undefined {
  try {
    const text = `${address}`;
    if (isOff || !isApi(text)) return undefined;
    const carried = CARRIED.exec(text);
    if (carried) return carried[1] === id ? text : undefined;
    return text
      .replace(/[\0- ]+$/, "") // URL parsers ignore these characters at the end
      .replace(/\?(?=([^#]))|\??(?=#|$)/, (_, rest) => `?${VERSION_QUERY}=${id}${rest ? "&" : ""}`);
  } catch {
    return undefined; // not an address: the native function throws its own error
  }
}

/**
 * Removes the pin from the addresses that native objects return, so the app sees the addresses that it passed.
 * Monitoring tools also find the resource timing of a request by its address.
 */
export function hidePins(): void {
  const apply = (get: () => string, self: unknown): string =>
    Reflect.apply(get, self, []).replace(shown, (_, more) => more && "?");
  const names = [
    "PerformanceEntry",
    "Response",
    "XMLHttpRequest",
    "EventSource",
    "WebSocket",
    "WebSocketStream",
  ];
  for (const name of names)
    for (const property of ["name", "url", "responseURL"])
      replace((globalThis as never as Natives)[name]?.prototype, property, { apply: apply as never }, "get");
}

type Natives = Record<string, { prototype: object } | undefined>;

/** Adds the pin to the fragment of an address of this origin. Returns other addresses unchanged. */
export function inFragment(address: string | URL): string | URL {
  try {
    const url = new URL(address, base());
    if (isOff || url.origin !== origin) return address;
    url.hash += `${url.hash && "&"}${VERSION_QUERY}=${id}`;
    return url.href;
  } catch {
    return address; // not an address: the native function throws its own error
  }
}

/** Whether these headers already name a version, set by the app. */
export function isPinned(headers: HeadersInit | undefined): boolean {
  // An iterator can be read only once, and the browser must read it.
  if (!headers || "next" in headers) return false;
  return new RegExp(VERSION_ID).test(`${new Headers(headers).get(VERSION_HEADER)}`);
}

/** Whether an address leads to a service on this origin. Throws if the text is not an address. */
function isApi(text: string): boolean {
  const plain = PLAIN_PATH.exec(text);
  if (plain && base().startsWith(`${origin}/`)) return paths.test(plain[0]);
  const url = new URL(text, base());
  // ws: and wss: lead to the same server as http: and https:. A blob: URL has its page's origin but no host.
  return `${url.protocol.replace("ws", "http")}//${url.host}` === origin && isUnder(url.pathname);
}

/**
 * Matches a path as CloudFront does: repeated slashes count as one, and characters may be percent-encoded. It decodes
 * more than CloudFront does, because an unnecessary pin is harmless.
 */
function isUnder(path: string): boolean {
  return paths.test(path) || paths.test(decodeURIComponent(path).replace(/\/+/g, "/"));
}

/** Returns the base of relative addresses. Read each time, because a `<base>` element may change it. */
function base(): string {
  // From the prototype: a form with `name="baseURI"` hides the document's own property.
  return document ? Reflect.get(Node.prototype, "baseURI", document) : location.href;
}
