import { connect } from "node:net";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { VERSION_COOKIE } from "@lockstep/edge/names";
import { ask } from "@lockstep/local/test/cloudfront";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { document, ONE, openShop, type Shop, TWO } from "./shop.ts";

let shop: Shop;
beforeEach(async () => {
  shop = await openShop();
  await shop.promote(ONE);
});
afterEach(() => shop.close());

const cookieOf = (headers: Record<string, unknown>) => String(headers["set-cookie"] ?? "").split(";")[0];

describe("documents at the edge", () => {
  it("are cached by version: a promote needs no invalidation, and no page is fetched twice", async () => {
    const cached = async () => (await ask(shop.url, { headers: document })).headers["x-cache"];
    expect([await cached(), await cached()]).toEqual(["Miss from cloudfront", "Hit from cloudfront"]);
    await shop.promote(TWO);
    expect([await cached(), await cached()]).toEqual(["Miss from cloudfront", "Hit from cloudfront"]);
    await shop.promote(ONE);
    expect(await cached()).toBe("Hit from cloudfront");
  });

  it.each([
    ["br", brotliDecompressSync],
    ["gzip", gunzipSync],
  ] as const)(
    "are compressed with %s after the rewrite, and set their cookie",
    async (encoding, decompress) => {
      const asked = { ...document, "accept-encoding": encoding };
      const { headers, body } = await ask(`${shop.url}/deep/link`, { headers: asked });
      expect([headers["content-encoding"], cookieOf(headers)]).toEqual([
        encoding,
        `${VERSION_COOKIE}=${ONE}`,
      ]);
      expect(String(decompress(Buffer.from(body, "latin1")))).toContain(`<title>${ONE}</title>`);
    },
  );

  it("answer HEAD like GET, without the body", async () => {
    const get = await ask(`${shop.url}/deep/link`, { headers: document });
    const head = await ask(`${shop.url}/deep/link`, { method: "HEAD", headers: document });
    const same = ["content-type", "content-length", "etag", "cache-control", "set-cookie"];
    expect([head.status, head.body]).toEqual([get.status, ""]);
    expect(same.map((name) => head.headers[name])).toEqual(same.map((name) => get.headers[name]));
  });

  it("answer a range of a file, and set no cookie with a range of a page", async () => {
    const part = { range: "bytes=0-8" };
    const file = await ask(`${shop.url}/robots.txt`, { headers: part });
    expect([file.status, file.body]).toEqual([206, "robots.tx"]);
    const page = await ask(shop.url, { headers: { ...document, ...part } });
    expect([page.status, page.body, cookieOf(page.headers)]).toEqual([206, "<!doctype", ""]);
  });

  it.each(["favicon.ico", "robots.txt", "manifest.webmanifest"])("serve /%s from current", async (name) => {
    expect((await ask(`${shop.url}/${name}`)).body).toBe(`${name} of ${ONE}`);
    await shop.promote(TWO);
    expect((await ask(`${shop.url}/${name}`)).body).toBe(`${name} of ${TWO}`);
  });

  it.each([
    ["no cookie", undefined, 200],
    ["an old cookie", TWO, 200],
    ["two cookies that disagree, an old one first", `${TWO}; ${VERSION_COOKIE}=${ONE}`, 200],
    ["the right cookie", ONE, 304],
  ])("revalidate with %s", async (_what, cookie, expected) => {
    const { etag } = (await ask(shop.url, { headers: document })).headers;
    const asked: Record<string, string> = { ...document, "if-none-match": String(etag) };
    if (cookie !== undefined) asked.cookie = `${VERSION_COOKIE}=${cookie}`;
    const { status, headers } = await ask(shop.url, { headers: asked });
    expect([status, cookieOf(headers)]).toEqual([expected, `${VERSION_COOKIE}=${ONE}`]);
  });
});

describe("a raw request", () => {
  it("loses forged headers in any letter case", async () => {
    shop.world.origin.handler = (request, response) => response.end(JSON.stringify(request.headers));
    const answer = await send(
      "GET /api/x HTTP/1.1\r\nHOST: shop\r\nX-LOCKSTEP-OUTCOME: forged\r\nx-LockStep-Served: x\r\nX-Forwarded-HOST: evil\r\n" +
        `X-Lockstep-VERSION: ${ONE}\r\nConnection: close\r\n\r\n`,
    );
    const seen = JSON.parse(answer.slice(answer.indexOf("{")));
    expect(seen).toMatchObject({ "x-lockstep-version": ONE });
    expect(seen).toMatchObject({ "x-lockstep-outcome": "pinned", "x-forwarded-host": "shop" });
    expect(seen).not.toHaveProperty("x-lockstep-served");
  });

  it.each([
    ["HTTP/1.0 without a Host", "GET / HTTP/1.0\r\naccept: text/html\r\n\r\n"],
    [
      "100 cookies",
      `GET / HTTP/1.1\r\nHost: shop\r\naccept: text/html\r\nCookie: ${"a=1; ".repeat(100)}\r\nConnection: close\r\n\r\n`,
    ],
    [
      "a header of 20 KB",
      `GET / HTTP/1.1\r\nHost: shop\r\naccept: text/html\r\nx-lockstep-version: ${"9".repeat(20_000)}\r\nConnection: close\r\n\r\n`,
    ],
    [
      "an absolute path of dots",
      "GET /%2e%2e/..%2f../ HTTP/1.1\r\nHost: shop\r\naccept: text/html\r\nConnection: close\r\n\r\n",
    ],
  ])("gets the current page: %s", async (_what, text) => {
    const answer = await send(text);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain(`<title>${ONE}</title>`);
  });
});

/** Sends raw bytes that no client library would send. */
function send(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(shop.url).port), "127.0.0.1");
    let answer = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => (answer += chunk));
    socket.once("error", reject);
    socket.once("close", () => resolve(answer));
    socket.write(text);
  });
}
