import { VERSION_HEADER, VERSION_ID, VERSION_QUERY } from "../names.ts";
import { replace } from "./patches.ts";

// Which requests carry the version, and how an address carries it. One per page or worker, like the script that this is part of.

/** A path without anything that a URL parser or CloudFront would rewrite. */
const PLAIN_PATH = /^(?:\/[\w-]+)+\/?(?![^?#])/;
/** A pin in the query of an address. */
const CARRIED = new RegExp(`^[^?#]*\\?(?:[^#]*&)?${VERSION_QUERY}=(${VERSION_ID})(?![^&#])`);
/** `undefined` in a worker. */
export const { document } = globalThis;
/** From the page's address: `globalThis.origin` is "null" in a sandboxed frame. */
const { origin } = new URL(base());

/** The version of the page. */
let id: string;
/** Matches the paths of the services. Other paths (assets, documents, the status check) are never touched. */
let paths: RegExp;
/** Switched off from the edge: nothing is pinned. */
let isOff: boolean;
/** Finds this pin where `inQuery()` puts it. */
let shown: RegExp;

/**
 * Sets what is pinned from here on.
 *
 * @param patterns path patterns of the services, separated by spaces, with CloudFront's wildcards: `*` is any text, `?` is one
 * character
 */
export function setPin(version: string, patterns: string): void {
  const wildcards: Record<string, string> = { " ": "|", "*": ".*", "?": "." };
  const source = patterns.replace(/[^\w/]/g, (character) => wildcards[character] ?? `\\${character}`);
  id = version;
  paths = new RegExp(`^(${source})$`, "s");
  shown = new RegExp(`\\?${VERSION_QUERY}=${id}(&?)`);
}

/** Pins nothing from here on. */
export function dropPin(): void {
  isOff = true;
}

/** The version that every pinned request names. */
export function pinnedVersion(): string {
  return id;
}

/**
 * Returns the address of a service with the pin first in its query, as text: no other byte changes. An address that carries
 * this pin stays as it is. Returns `undefined` for every other address, and for one that carries another version's pin.
 */
export function inQuery(address: unknown): string | undefined {
  try {
    const text = `${address}`;
    if (isOff || !isApi(text)) return undefined;
    const carried = CARRIED.exec(text);
    if (carried) return carried[1] === id ? text : undefined;
    return text
      .replace(/[\0- ]+$/, "") // a URL parser ignores it there
      .replace(/\?(?=([^#]))|\??(?=#|$)/, (_, rest) => `?${VERSION_QUERY}=${id}${rest ? "&" : ""}`);
  } catch {
    return undefined; // not an address: the browser reports it in its own words
  }
}

/**
 * Lets the addresses that native objects show be those that the app gave them. Monitoring tools also look for the resource
 * timing of a request by its address.
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

/** Returns an address with the pin in its fragment if it leads to this origin, else as it is. */
export function inFragment(address: string | URL): string | URL {
  try {
    const url = new URL(address, base());
    if (isOff || url.origin !== origin) return address;
    url.hash += `${url.hash && "&"}${VERSION_QUERY}=${id}`;
    return url.href;
  } catch {
    return address; // not an address: the browser reports it in its own words
  }
}

/** Whether the app itself names a version in these headers. */
export function isPinned(headers: HeadersInit | undefined): boolean {
  // An iterator can be read once, and that is the browser's turn.
  if (!headers || "next" in headers) return false;
  return new RegExp(VERSION_ID).test(`${new Headers(headers).get(VERSION_HEADER)}`);
}

/** Whether an address leads to a service of this origin. Throws for text that is not an address. */
function isApi(text: string): boolean {
  const plain = PLAIN_PATH.exec(text);
  if (plain && base().startsWith(`${origin}/`)) return paths.test(plain[0]);
  const url = new URL(text, base());
  // ws: and wss: lead to the same server. A blob: has the origin of its page, but no host.
  return `${url.protocol.replace("ws", "http")}//${url.host}` === origin && isUnder(url.pathname);
}

/**
 * Compares a path as CloudFront does: repeated slashes count as one, and letters may be percent-encoded. It decodes more than
 * CloudFront: a pin too many is harmless.
 */
function isUnder(path: string): boolean {
  return paths.test(path) || paths.test(decodeURIComponent(path).replace(/\/+/g, "/"));
}

/** What relative addresses start from: a `<base>` may come and go. */
function base(): string {
  // From the prototype: a form with `name="baseURI"` replaces the property of the document.
  return document ? Reflect.get(Node.prototype, "baseURI", document) : location.href;
}
