import type { VersionMap } from "../src/version-map.ts";
import { CURRENT, OLD } from "../test/support/events.ts";

/** The text of a map with this many versions, of which the events below name one. */
export function mapText(versions: number): string {
  const ids = [OLD, CURRENT];
  for (let at = 0; ids.length < versions; at++) ids.push(`20261121-${String(at).padStart(6, "0")}-1f3a9c2`);
  const map: VersionMap = {
    r: 12,
    current: CURRENT,
    floor: null,
    suffix: "shop.internal",
    versions: Object.fromEntries(ids.slice(0, Math.max(2, versions)).map((id) => [id, { tg: `ls-${id}` }])),
  };
  if (versions === 1) delete map.versions[CURRENT];
  return JSON.stringify(versions === 1 ? { ...map, current: OLD } : map);
}

/**
 * Origin-request events of Lambda@Edge as JSON, by the carrier of their pin, with 20 headers like those of a browser.
 */
export const routeEvents = {
  header: routeEvent({ "x-lockstep-version": OLD }, "page=2", CURRENT),
  query: routeEvent({ priority: "u=1, i" }, `lockstep=${OLD}&page=2`, CURRENT),
  cookie: routeEvent({ priority: "u=1, i" }, "page=2", OLD),
};

export type RouteCarrier = keyof typeof routeEvents;

function routeEvent(extra: Record<string, string>, querystring: string, cookie: string): string {
  const headers = lambdaHeaders({
    host: "d111111abcdef8.cloudfront.net",
    "user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0",
    accept: "*/*",
    "accept-language": "en-GB,en;q=0.9",
    "accept-encoding": "gzip, deflate, br, zstd",
    referer: "https://shop.example.com/orders",
    "sec-ch-ua": '"Chromium";v="142"',
    "sec-ch-ua-mobile": "?0",
    "sec-fetch-site": "same-origin",
    "sec-fetch-mode": "cors",
    "sec-fetch-dest": "empty",
    "cache-control": "no-cache",
    pragma: "no-cache",
    origin: "https://shop.example.com",
    "content-type": "application/json",
    "content-length": "2",
    cookie: `session=0123456789abcdef; theme=dark; _ga=GA1.1.1; consent=yes; __Host-lockstep=${cookie}`,
    "x-forwarded-for": "198.51.100.1",
    "cloudfront-forwarded-proto": "https",
    ...extra,
  });
  const config = {
    distributionDomainName: "d111111abcdef8.cloudfront.net",
    distributionId: "EDFDVBD6EXAMPLE",
    eventType: "origin-request",
    requestId: "EXAMPLE",
  };
  const custom = {
    customHeaders: {},
    domainName: "origin.example.com",
    keepaliveTimeout: 55,
    path: "",
    port: 80,
    protocol: "http",
    readTimeout: 60,
    sslProtocols: ["TLSv1.2"],
  };
  const request = {
    clientIp: "198.51.100.1",
    method: "POST",
    uri: "/api/orders",
    querystring,
    headers,
    origin: { custom },
  };
  return JSON.stringify({ Records: [{ cf: { config, request } }] });
}

function lambdaHeaders(plain: Record<string, string>) {
  return Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, [{ key, value }]]));
}
