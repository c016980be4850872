import { once } from "node:events";
import { type IncomingMessage, request as sendRequest } from "node:http";
import { type Answer, ask } from "@lockstep/local/test/cloudfront";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { ONE, openShop, type Shop, TWO } from "./shop.ts";

// The cache behaviors of services as deployed: `route` runs before the origin, `stampAnswer` before the viewer.
const GONE = "20250101-000000-0000000";
const onOne = `lockstep=${ONE}`;
let shop: Shop;
beforeEach(async () => {
  shop = await openShop();
  shop.world.origin.handler = (request, response) => {
    response.setHeader("cache-control", "private, max-age=600");
    response.setHeader("etag", '"rev-42"');
    if (request.headers["if-none-match"] === '"rev-42"') response.statusCode = 304;
    const location = new URL(request.url!, "http://service").searchParams.get("to");
    if (location !== null) response.writeHead(303, { location });
    response.end(JSON.stringify({ url: request.url, headers: request.headers }));
  };
});
afterEach(() => shop.close());

/** The request as the service received it. */
function seen({ body }: Answer): { url: string; headers: Record<string, string> } {
  return JSON.parse(body);
}

describe("a request to a service", () => {
  it.each([
    "b=2&a=1&b=3&a=1",
    "flag",
    "flag&q=",
    "q=a%20b+c",
    "a=1&&b=2&&",
    "&a=1",
    "&",
    "u=%C3%BC&%E2%82%AC=1&x=%ff",
    "lockstep=on",
    "lockstep&lockstep=",
    "a[]=1&a[]=2;b=3",
    "redirect=https://x.example/?a=b?c",
    "__proto__=1&constructor=2",
    "?a=1??b=2",
    "lockstep=lockstep=x&xlockstep=1&%6Cockstep=2",
    "a=%2B+%20&b=%00&c=%zz&%",
    "=&==&=a",
    "sig=a%2Fb%3D%3D&Expires=1&sig=c",
    "q='(*)!~;:@/$,",
  ])("keeps the query %s byte for byte, with and without a pin", async (query) => {
    const cookies = { cookie: "b=2;a=1 ;; c; a=3" };
    for (const [sent, version] of [
      [`?${query}`, TWO],
      [`?${onOne}&${query}`, ONE],
      [`?${query}&${onOne}`, ONE],
    ] as const) {
      const { url, headers } = seen(await ask(`${shop.url}/api/x${sent}`, { headers: cookies }));
      expect([url, headers.cookie]).toEqual([`/api/x?${query}`, cookies.cookie]);
      expect(headers.host).toBe(`${version}.shop.internal`);
    }
  });

  it("has no query if the pin was the whole query", async () => {
    expect(seen(await ask(`${shop.url}/api/x?${onOne}`)).url).toBe("/api/x");
    expect(seen(await ask(`${shop.url}/api/a%2Fb//c?${onOne}`)).url).toBe("/api/a%2Fb//c");
  });

  it("carries the viewer's protocol and host, also if the viewer forges them", async () => {
    const forged = { "cloudfront-forwarded-proto": "http", "x-forwarded-host": "evil.example" };
    const { headers } = seen(await ask(`${shop.url}/api/x`, { headers: forged }));
    expect(headers).toMatchObject({
      "cloudfront-forwarded-proto": "https",
      "x-forwarded-host": new URL(shop.url).host,
    });
  });
});

describe("an answer of a service", () => {
  it("keeps its cache headers if the URL has the pin, also as a 304", async () => {
    const answer = await ask(`${shop.url}/api/x?${onOne}`);
    expect(answer.headers).toMatchObject({ "cache-control": "private, max-age=600", etag: '"rev-42"' });
    const again = await ask(`${shop.url}/api/x?${onOne}`, { headers: { "if-none-match": '"rev-42"' } });
    expect(again.status).toBe(304);
    expect(again.headers).toMatchObject({ "cache-control": "private, max-age=600", etag: '"rev-42"' });
  });

  it.each<[string, Record<string, string>, string]>([
    ["no pin", {}, ""],
    ["a cookie", { cookie: `__Host-lockstep=${ONE}` }, ""],
    ["the header", { "x-lockstep-version": ONE }, ""],
    ["the header over the query", { "x-lockstep-version": TWO }, `?${onOne}`],
    ["a query of the app", {}, "?lockstep=on"],
  ])("is not cached if the request has %s", async (_what, headers, query) => {
    const answer = await ask(`${shop.url}/api/x${query}`, { headers });
    expect(answer.headers).toMatchObject({ "cache-control": "no-store", etag: '"rev-42"' });
  });

  it.each(["", `?${onOne}`])("has no headers that only a CDN reads, with the query %j", async (query) => {
    shop.world.origin.handler = (_, response) =>
      response
        .writeHead(200, { "cdn-cache-control": "max-age=600", "surrogate-control": "max-age=600" })
        .end();
    const { headers } = await ask(`${shop.url}/api/x${query}`);
    for (const name of ["cdn-cache-control", "surrogate-control"]) expect(headers).not.toHaveProperty(name);
  });

  it.each([
    ["/api/next?q=1#part", `/api/next?${onOne}&q=1#part`],
    ["next", `next?${onOne}`],
    ["/graphql", `/graphql?${onOne}`],
    ["https://HOST/api/next", `https://HOST/api/next?${onOne}`],
    ["http://HOST//api/next", `http://HOST//api/next?${onOne}`],
    ["/%61pi/next", `/%61pi/next?${onOne}`],
    ["/api/my%20file and more.pdf?a=b c", `/api/my%20file and more.pdf?${onOne}&a=b c`],
    ["/login", "/login"],
    ["https://files.example/api/x?signature=1", "https://files.example/api/x?signature=1"],
    [`/api/next?lockstep=${TWO}`, `/api/next?lockstep=${TWO}`],
  ])("redirects a pinned request to %s by %s", async (to, expected) => {
    const { host } = new URL(shop.url);
    const address = `/api/x?${onOne}&to=${encodeURIComponent(to.replace("HOST", host))}`;
    const answer = await ask(shop.url + address);
    expect([answer.status, answer.headers.location]).toEqual([303, expected.replace("HOST", host)]);
    const unpinned = await ask(`${shop.url}/api/x?to=${encodeURIComponent(to)}`);
    expect(unpinned.headers).toMatchObject({ location: to, "cache-control": "no-store" });
  });

  it("is streamed without buffering", async () => {
    const writers: ((text: string) => void)[] = [];
    shop.world.origin.handler = (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      writers.push((text) => response.write(text));
    };
    for (const [query, caching] of [
      ["", "no-store"],
      [`?${onOne}`, undefined],
    ] as const) {
      const outgoing = sendRequest(`${shop.url}/api/events${query}`, { agent: false });
      outgoing.end();
      const [response] = (await once(outgoing, "response")) as [IncomingMessage];
      expect(response.headers["cache-control"]).toBe(caching);
      for (const text of ["data: 1\n\n", "data: 2\n\n"]) {
        writers.at(-1)!(text);
        expect(String((await once(response, "data"))[0])).toBe(text);
      }
      response.on("error", () => {});
      outgoing.destroy();
    }
  });

  it("may be a WebSocket, pinned by its URL", async () => {
    const sockets = new WebSocketServer({ server: shop.world.origin.server });
    sockets.on("connection", (socket, { url, headers }) =>
      socket.on("message", (data) => socket.send(`${headers.host} ${url} ${data}`)),
    );
    const client = new WebSocket(`${shop.url.replace("http", "ws")}/api/socket?${onOne}&b=2&a&b=1`);
    await once(client, "open");
    client.send("hello");
    expect(String((await once(client, "message"))[0])).toBe(
      `${ONE}.shop.internal /api/socket?b=2&a&b=1 hello`,
    );
    client.close();
    await once(client, "close");
    sockets.close();
  });
});

describe("a heartbeat", () => {
  const beat = (id: string, headers = {}) =>
    ask(`${shop.url}/.lockstep/heartbeat?lockstep=${id}`, { headers });

  it("checks the health of the page's version without cookies, and gets an empty answer", async () => {
    shop.world.origin.handler = (_, response) =>
      response
        .writeHead(200, { "set-cookie": "sid=1", "content-type": "application/json", etag: "x" })
        .end('{"database":"10.0.0.1"}');
    const answer = await beat(ONE, { cookie: "sid=1", authorization: "Bearer x" });
    expect([answer.status, answer.body]).toEqual([204, ""]);
    expect(answer.headers).toMatchObject({ "cache-control": "no-store" });
    for (const name of ["set-cookie", "content-type", "etag"])
      expect(answer.headers).not.toHaveProperty(name);
    const [request] = shop.world.origin.requests;
    expect([request!.url, request!.headers.host]).toEqual(["/api/health", `${ONE}.shop.internal`]);
    expect(request!.headers).not.toHaveProperty("cookie");
    expect(request!.headers).not.toHaveProperty("authorization");
  });

  it("reaches a service whose only pattern is /graphql", async () => {
    await shop.close();
    shop = await openShop({ paths: ["/graphql"], healthPath: "/healthz" });
    shop.world.origin.handler = (request, response) => {
      response.statusCode = request.url === "/healthz" ? 200 : 404;
      response.end("ok");
    };
    expect((await beat(ONE)).status).toBe(204);
    expect(shop.world.origin.requests[0]!.headers.host).toBe(`${ONE}.shop.internal`);
  });

  it("of a version that is gone gets a 409", async () => {
    const answer = await beat(GONE);
    expect([answer.status, JSON.parse(answer.body).type]).toEqual([409, "urn:lockstep:version-gone"]);
    expect(shop.world.origin.requests).toEqual([]);
  });

  it("gets a 503 if the service is not healthy", async () => {
    shop.world.origin.handler = (_, response) => response.writeHead(503).end("down");
    expect((await beat(ONE)).status).toBe(503);
  });

  it.each([301, 304, 206])("gets an empty answer if the health path answers %i", async (status) => {
    shop.world.origin.handler = (_, response) =>
      response
        .writeHead(status, { location: "/login", "set-cookie": "sid=1", "x-powered-by": "x" })
        .end(status === 304 ? "" : "x");
    const answer = await beat(ONE);
    expect([answer.status, answer.body]).toEqual([204, ""]);
    for (const name of ["location", "set-cookie", "x-powered-by"])
      expect(answer.headers).not.toHaveProperty(name);
  });

  it("must be a GET or a HEAD", async () => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
      expect((await ask(`${shop.url}/.lockstep/heartbeat?${onOne}`, { method })).status).toBe(403);
    expect((await ask(`${shop.url}/.lockstep/heartbeat?${onOne}`, { method: "HEAD" })).status).toBe(204);
  });
});
