import { buildEdge } from "@lockstep/edge/build";
import { aPage, aRequest, aResponse, CURRENT, OLD } from "@lockstep/edge/test/events";
import { edgeSettings } from "@lockstep/edge/test/settings";
import { describe, expect, it } from "vitest";
import { inSandbox } from "./as-built.ts";
import { inNjs, njsVersion, type Store } from "./njs.ts";

const edge = buildEdge(edgeSettings);
const status = JSON.stringify({ r: 7, current: CURRENT, floor: OLD, ending: {} });
const pointer: Store = { current: CURRENT, status };

/** Calls the built function in the sandbox and, if installed, in njs. Both must agree. */
async function answerOf(code: string, event: unknown, store: Store = pointer): Promise<any> {
  const answer = await inSandbox(code, store)(event);
  if (njsVersion) expect(inNjs(code, [event], store)).toEqual([answer]);
  return answer;
}

describe("stampAnswer(), as built", () => {
  const sent = (with_: Parameters<typeof aRequest>[0]) => aRequest({ uri: "/api/x", ...with_ });

  it("lets caches keep an answer only if its URL has the pin", async () => {
    const response = aResponse(200, { "cache-control": "max-age=600" });
    const pinned = { request: sent({ query: { lockstep: OLD } }), response };
    expect(await answerOf(edge.stampAnswer, pinned)).toEqual(response);
    expect(await answerOf(edge.stampAnswer, { request: sent({}), response })).toMatchObject({
      headers: { "cache-control": { value: "no-store" } },
    });
  });

  it.each([
    ["../graphql?q=%20#part", `../graphql?lockstep=${OLD}&q=%20#part`],
    ["https://D111.cloudfront.net:443/api/y", `https://D111.cloudfront.net:443/api/y?lockstep=${OLD}`],
    ["/%61p%69/../graphq%6C", `/%61p%69/../graphq%6C?lockstep=${OLD}`],
    ["/shop//../../api//my file.pdf", `/shop//../../api//my file.pdf?lockstep=${OLD}`],
    ["/%2561pi/x", "/%2561pi/x"],
    ["https://other.example/api/y", "https://other.example/api/y"],
  ])("redirects a pinned request from %s to %s", async (location, expected) => {
    const event = { request: sent({ query: { lockstep: OLD } }), response: aResponse(302, { location }) };
    expect((await answerOf(edge.stampAnswer, event)).headers.location).toEqual({ value: expected });
  });

  it("returns an answer unchanged if it cannot read it", async () => {
    expect(await answerOf(edge.stampAnswer, { request: null, response: { statusCode: 200 } })).toEqual({
      statusCode: 200,
    });
  });
});

describe("heartbeat(), as built", () => {
  it("answers an empty 204, or passes on the refusal", async () => {
    const ok = { request: aRequest(), response: aResponse(200, { "x-lockstep-served": OLD, etag: "x" }) };
    expect(await answerOf(edge.heartbeat, ok)).toMatchObject({
      statusCode: 204,
      body: "",
      headers: { "x-lockstep-served": { value: OLD }, "cache-control": { value: "no-store" } },
    });
    const gone = aResponse(409, { etag: "x" });
    expect(await answerOf(edge.heartbeat, { request: aRequest(), response: gone })).toEqual(gone);
  });
});

describe("pinDocument(), as built", () => {
  it("sends pages to current", async () => {
    expect(await answerOf(edge.pinDocument, { request: aPage({ uri: "/deep/link" }) })).toMatchObject({
      uri: `/builds/${CURRENT}/index.html`,
    });
  });

  it("sends a page that names an old build to current too", async () => {
    expect(
      await answerOf(edge.pinDocument, { request: aPage({ uri: `/builds/${OLD}/index.html` }) }),
    ).toMatchObject({
      uri: `/builds/${CURRENT}/index.html`,
    });
  });

  it("does not rewrite a file of a named build", async () => {
    const request = aRequest({ uri: `/builds/${OLD}/chunk.js` });
    expect(await answerOf(edge.pinDocument, { request }, {})).toEqual(request);
  });

  it("rewrites a path that only looks like a build to current, where no such file exists", async () => {
    expect(
      await answerOf(edge.pinDocument, { request: aRequest({ uri: "/builds/latest/x.js" }) }),
    ).toMatchObject({
      uri: `/builds/${CURRENT}/builds/latest/x.js`,
    });
  });

  it("keeps a page request conditional only if the cookie is current", async () => {
    const conditional = { "if-none-match": '"a"', "if-modified-since": "x" };
    const asked = (cookie: string) => ({
      request: aPage({ headers: conditional, cookies: { "__Host-lockstep": cookie } }),
    });
    expect((await answerOf(edge.pinDocument, asked(OLD))).headers).not.toHaveProperty("if-none-match");
    expect((await answerOf(edge.pinDocument, asked(OLD))).headers).not.toHaveProperty("if-modified-since");
    expect((await answerOf(edge.pinDocument, asked(CURRENT))).headers).toHaveProperty("if-none-match");
  });

  it("keeps requests for public files conditional", async () => {
    const request = aRequest({ uri: "/favicon.ico", headers: { "if-none-match": '"a"' } });
    expect(await answerOf(edge.pinDocument, { request })).toMatchObject({
      uri: `/builds/${CURRENT}/favicon.ico`,
      headers: { "if-none-match": { value: '"a"' } },
    });
  });

  it.each([{}, { current: "latest" }] as Store[])(
    'answers 503 "Nothing released yet" if the pointer is %j',
    async (store) => {
      const page = await answerOf(edge.pinDocument, { request: aPage() }, store);
      expect(page).toMatchObject({
        statusCode: 503,
        headers: { "cache-control": { value: "no-store" }, "retry-after": { value: "5" } },
        body: expect.stringContaining("Nothing released yet"),
      });
      expect(
        await answerOf(edge.pinDocument, { request: aRequest({ uri: "/favicon.ico" }) }, store),
      ).toMatchObject({
        statusCode: 503,
        headers: { "content-type": { value: "text/plain; charset=utf-8" } },
      });
    },
  );
});

describe("status(), as built", () => {
  const asked = (method = "GET") => ({ request: aRequest({ method, uri: "/.lockstep/status" }) });

  it("answers without an origin, and forbids caching", async () => {
    const answer = await answerOf(edge.status, asked());
    expect(answer.body).toBe(status);
    expect(answer).toMatchObject({ statusCode: 200, headers: { "cache-control": { value: "no-store" } } });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect((await answerOf(edge.status, asked("HEAD"))).body).toBe("");
  });

  it.each([
    {},
    { status: "" },
    { status: "<script>" },
    { status: '{"r":1,"x":"<script>"}' },
    { status: `{"r":1,"x":"${"0".repeat(300)}"}` },
    { status: '{"r":1,"x":"\u00e9"}' },
  ] as Store[])("answers that current is unknown if the pointer is %j", async (store) => {
    expect(JSON.parse((await answerOf(edge.status, asked(), store)).body)).toEqual({
      r: 0,
      current: null,
      floor: null,
      ending: {},
    });
  });

  it("refuses POST", async () => {
    expect(await answerOf(edge.status, asked("POST"))).toMatchObject({ statusCode: 405 });
  });
});

describe("the functions without a KeyValueStore", () => {
  it("answer instead of throwing", async () => {
    const noStore = () => undefined;
    expect(await inSandbox(edge.pinDocument, noStore)({ request: aPage() })).toMatchObject({
      statusCode: 503,
    });
    expect(await inSandbox(edge.status, noStore)({ request: aRequest() })).toMatchObject({ statusCode: 200 });
  });
});

describe("the functions with protection off, as built", () => {
  const off = buildEdge({ ...edgeSettings, protect: false });

  it("forbid caching of answers, and answer a page in full while its cookie has to expire", async () => {
    const event = { request: aRequest({ query: { lockstep: OLD } }), response: aResponse(200) };
    expect((await answerOf(off.stampAnswer, event)).headers).toEqual({
      "cache-control": { value: "no-store" },
    });
    const page = (cookies: Record<string, string>) => ({
      request: aPage({ headers: { "if-none-match": "x" }, cookies }),
    });
    expect(
      (await answerOf(off.pinDocument, page({ "__Host-lockstep": CURRENT }))).headers,
    ).not.toHaveProperty("if-none-match");
    expect((await answerOf(off.pinDocument, page({}))).headers).toHaveProperty("if-none-match");
  });
});

describe("stamp(), as built", () => {
  it("sets the cookie of a page", async () => {
    const event = { request: aPage(), response: aResponse(200, { "x-amz-meta-lockstep-version": CURRENT }) };
    expect(await answerOf(edge.stamp, event)).toMatchObject({
      headers: {},
      cookies: { "__Host-lockstep": { value: CURRENT } },
    });
  });

  it("returns an answer unchanged if it cannot read it", async () => {
    expect(await answerOf(edge.stamp, { request: null, response: { statusCode: 200 } })).toEqual({
      statusCode: 200,
    });
  });
});
