const VERSION_HEADER = "x-lockstep-version";
const VERSION_QUERY = "lockstep";

export interface PinnedFetchOptions {
  /** The page's version; without one nothing is pinned. */
  version: string | undefined;
  /** Origin of the page. Requests to another origin are left alone. */
  origin: string;
  /** Path prefixes of the API. Other paths (assets, documents, the status check) are left alone. */
  apiPrefixes: readonly string[];
  /** Called with every answer of the API before the app sees it. */
  onAnswer?: (response: Response) => void;
  fetch: typeof fetch;
}

/** A `fetch` that says on every request to the page's own API which version the page is, and changes nothing else. */
export function pinnedFetch(options: PinnedFetchOptions): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input, options.origin);
    if (options.version === undefined || !isApi(url, options)) return options.fetch(input, init);
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    headers.set(VERSION_HEADER, options.version);
    const response = await options.fetch(input, { ...init, headers });
    options.onAnswer?.(response);
    return response;
  };
}

/** An API address that carries the pin itself, for what cannot set a header: EventSource, WebSocket, sendBeacon. */
export function pinnedUrl(address: string, options: Omit<PinnedFetchOptions, "fetch">): string {
  const url = new URL(address, options.origin);
  if (options.version !== undefined && isApi(url, options))
    url.searchParams.set(VERSION_QUERY, options.version);
  return url.href;
}

function isApi(
  url: URL,
  { origin, apiPrefixes }: Pick<PinnedFetchOptions, "origin" | "apiPrefixes">,
): boolean {
  // ws: and wss: are the same server; URL.origin of both schemes differs in the scheme only.
  const sameOrigin = url.origin === origin || url.origin === origin.replace(/^http/, "ws");
  return sameOrigin && apiPrefixes.some((prefix) => url.pathname.startsWith(prefix));
}
