import type { FunctionRequest, FunctionResponse, Values } from "../src/function-event.ts";
import { CURRENT, OLD } from "../test/support/events.ts";

// What a browser sends: 20 headers, 5 cookies.

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

/** Events of CloudFront Functions, by what they stand for. */
export const viewerEvents = {
  "API, pinned by header": event(api({ ...browser, "x-lockstep-version": OLD })),
  "API, pinned by cookie": event(api({ ...browser, dnt: "1" })),
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

function api(headers: Record<string, string>): FunctionRequest {
  return {
    method: "POST",
    uri: "/api/orders",
    querystring: {},
    headers: values(headers),
    cookies: values(cookies),
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
