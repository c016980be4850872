import { VERSION_QUERY } from "../names.ts";

/** Which of a page's requests name its version, and how an address carries it. */
export interface Pin {
  /** The version of the page. */
  readonly id: string;
  /** Switched off from the edge: nothing is pinned. */
  off: boolean;
  /** An address of the page's own API; `undefined` for every other address, and for what is none. */
  toApi(address: unknown): URL | undefined;
  /** An API address with the pin in its query; `undefined` for every other address. */
  inQuery(address: unknown): string | undefined;
  /** An address of this origin with the pin in its fragment; `undefined` for every other address. */
  inFragment(address: unknown): string | undefined;
}

export interface PinOptions {
  id: string;
  off: boolean;
  /** Origin of the page. Other origins are never touched. */
  origin: string;
  /** Path prefixes of the API. Other paths (assets, documents, the status check) are never touched. */
  prefixes: readonly string[];
  /** What relative addresses start from: a `<base>` may come and go. */
  base: () => string;
}

export function createPin({ id, off, origin, prefixes, base }: PinOptions): Pin {
  const toOwn = (address: unknown): URL | undefined => {
    try {
      const url = new URL(address as string, base());
      // ws: and wss: are the same server; the origins differ in the scheme only.
      if (!pin.off && url.origin.replace("ws", "http") === origin) return url;
    } catch {
      // no address: the browser says so itself, in its own words
    }
    return undefined;
  };
  const toApi = (address: unknown): URL | undefined => {
    const url = toOwn(address);
    return prefixes.some((prefix) => url?.pathname.startsWith(prefix)) ? url : undefined;
  };
  const pin: Pin = {
    id,
    off,
    toApi,
    inQuery(address) {
      const url = toApi(address);
      // In front: of several the edge takes the first. As text: `searchParams` would write the app's own query anew.
      if (url) url.search = `${VERSION_QUERY}=${id}${url.search.replace("?", "&")}`;
      return url?.href;
    },
    inFragment(address) {
      const url = toOwn(address);
      if (url) url.hash += `${url.hash && "&"}${VERSION_QUERY}=${id}`;
      return url?.href;
    },
  };
  return pin;
}
