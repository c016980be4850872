import type { FunctionRequest, FunctionResponse, Values } from "../src/function-event.ts";
import { CURRENT, OLD } from "../test/support/events.ts";

// Events with 20 headers and 5 cookies, like those of a browser.

const browser: Record<string, string> = {
  host: "d111111abcdef8.cloudfront.net",
  "user-agent":
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  accept: "*/*",
  "accept-language": "en-GB,en;q=0.9",
  "accept-encoding": "gzip, deflate, br, zstd",
  referer: "https://shop.example.com/orders",
  "sec-ch-ua": '"Chromium";v="142"',
  "sec-ch-ua-mobile": "?0",
  "sec-ch-ua-platform": '"Windows"',
  "sec-fetch-site": "same-origin",
  "sec-fetch-mode": "cors",
  "sec-fetch-dest": "empty",
  "cache-control": "no-cache",
  pragma: "no-cache",
  priority: "u=1, i",
  origin: "https://shop.example.com",
  "content-type": "application/json",
  "content-length": "2",
  "x-requested-with": "fetch",
};
const cookies = {
  session: "0123456789abcdef",
  theme: "dark",
  _ga: "GA1.1.1",
  consent: "yes",
  "__Host-lockstep": CURRENT,
};

/** The events of the CloudFront Functions that are measured. */
export const viewerEvents = {
  "API's answer, pinned by query": event(api({ ...browser, dnt: "1" }, OLD), apiAnswer(200)),
  "API's answer, pinned by cookie": event(api({ ...browser, dnt: "1" }), apiAnswer(200)),
  "API's redirect, pinned by query": event(api({ ...browser, dnt: "1" }, OLD), apiAnswer(303)),
  "heartbeat's answer": event(
    { ...api({ ...browser, dnt: "1" }, OLD), uri: "/.lockstep/heartbeat" },
    apiAnswer(200),
  ),
  "document, first view": event(page({})),
  "document, revalidated": event(page({ "if-none-match": '"0123456789abcdef0123456789abcdef"' })),
  "file of the build": event({ ...page({}), uri: "/terms.pdf" }),
  status: event({ ...api({ ...browser, dnt: "1" }), method: "GET", uri: "/.lockstep/status" }),
  "document's answer": event(page({}), {
    statusCode: 200,
    statusDescription: "OK",
    headers: values({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      etag: '"0123456789abcdef0123456789abcdef"',
      "content-length": "1234",
      "last-modified": "Sun, 22 Nov 2026 10:15:00 GMT",
      date: "Sun, 22 Nov 2026 10:16:00 GMT",
      server: "AmazonS3",
      "accept-ranges": "bytes",
      "x-amz-server-side-encryption": "AES256",
      "x-amz-meta-lockstep-version": CURRENT,
    }),
    cookies: {},
  }),
};

export type ViewerEvent = keyof typeof viewerEvents;

function api(headers: Record<string, string>, pin?: string): FunctionRequest {
  return {
    method: "POST",
    uri: "/api/orders",
    querystring: values({ ...(pin !== undefined && { lockstep: pin }), page: "2" }),
    headers: values(headers),
    cookies: values(cookies),
  };
}

/** An answer with ten headers; a redirect has one more. */
function apiAnswer(statusCode: number): FunctionResponse {
  return {
    statusCode,
    statusDescription: "OK",
    headers: values({
      "content-type": "application/json; charset=utf-8",
      "cache-control": "private, max-age=600",
      etag: '"rev-42"',
      "content-length": "1234",
      date: "Sun, 22 Nov 2026 10:16:00 GMT",
      vary: "accept-encoding",
      "x-lockstep-served": OLD,
      "x-lockstep-outcome": "pinned",
      "x-lockstep-current": CURRENT,
      "x-content-type-options": "nosniff",
      ...(statusCode > 300 && { location: "/api/orders/7?page=2" }),
    }),
    cookies: {},
  };
}

function page(extra: Record<string, string>): FunctionRequest {
  const headers = {
    ...browser,
    dnt: "1",
    accept:
      "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
    "sec-fetch-dest": "document",
    "sec-fetch-mode": "navigate",
    ...extra,
  };
  return { ...api(headers), method: "GET", uri: "/shop/lanterns" };
}

function event(request: FunctionRequest, response?: FunctionResponse) {
  const context = {
    distributionDomainName: "d111111abcdef8.cloudfront.net",
    distributionId: "EDFDVBD6EXAMPLE",
    eventType: response ? "viewer-response" : "viewer-request",
    requestId: "EXAMPLE",
  };
  return {
    version: "1.0",
    context,
    viewer: { ip: "198.51.100.1" },
    request,
    ...(response ? { response } : {}),
  };
}

function values(plain: Record<string, string>): Values {
  return Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, { value }]));
}
