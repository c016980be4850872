import { VERSION_QUERY } from "../names.ts";

// Which requests name the version, and how an address carries it. One per page or worker, like the script that this is part of.

interface Pin {
  /** The version of the page. */
  id: string;
  /** Path prefixes of the API. Other paths (assets, documents, the status check) are never touched. */
  prefixes: readonly string[];
  /** Switched off from the edge: nothing is pinned. */
  off: boolean;
}

/** A path as most are: nothing in it that a browser would rewrite, so that no URL must be made to know where it leads. */
const PLAIN_PATH = /^\/(?!\/)[\w/-]*(?![^?#])/;
const { document, location } = globalThis;

let pin: Pin;

/** Says what is pinned from here on. */
export function setPin(next: Pin): void {
  pin = next;
}

/** Pins nothing any more. */
export function dropPin(): void {
  pin.off = true;
}

/** The version that every pinned request names. */
export function pinnedVersion(): string {
  return pin.id;
}

/** Whether an address leads to the page's own API; the quick way for what is asked most. */
export function isApi(address: unknown): boolean {
  if (!PLAIN_PATH.test(address as string) || !base().startsWith(`${location.origin}/`))
    return !!toApi(address);
  return !pin.off && isUnder(address as string);
}

/** An address of the page's own API; `undefined` for every other address, and for what is none. */
export function toApi(address: unknown): URL | undefined {
  const url = toOwn(address);
  return url && isUnder(url.pathname) ? url : undefined;
}

/** An API address with the pin in its query; `undefined` for every other address. */
export function inQuery(address: unknown): string | undefined {
  const url = toApi(address);
  // In front: of several the edge takes the first. As text: `searchParams` would write the app's own query anew.
  if (url) url.search = `${VERSION_QUERY}=${pin.id}${url.search.replace("?", "&")}`;
  return url?.href;
}

/** An address of this origin with the pin in its fragment; `undefined` for every other address. */
export function inFragment(address: unknown): string | undefined {
  const url = toOwn(address);
  if (url) url.hash += `${url.hash && "&"}${VERSION_QUERY}=${pin.id}`;
  return url?.href;
}

function toOwn(address: unknown): URL | undefined {
  try {
    const url = new URL(address as string, base());
    // ws: and wss: are the same server; the origins differ in the scheme only.
    if (!pin.off && url.origin.replace("ws", "http") === location.origin) return url;
  } catch {
    // no address: the browser says so itself, in its own words
  }
  return undefined;
}

function isUnder(path: string): boolean {
  return pin.prefixes.some((prefix) => path.startsWith(prefix));
}

/** What relative addresses start from: a `<base>` may come and go. */
function base(): string {
  return document?.baseURI ?? location.href;
}
