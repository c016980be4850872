import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildEdge, type EdgeSettings } from "../src/build/build.ts";
import { FUNCTION_MAX_BYTES } from "../src/build/inspect-function.ts";
import type { FunctionRequest } from "../src/function-event.ts";
import { isVersionId } from "../src/version-id.ts";
import {
  aPage,
  aRequest,
  aResponse,
  CURRENT,
  FUZZ_EVENTS,
  hostileRequest,
  hostileResponse,
  NJS_EVENTS,
  OLD,
} from "./support/events.ts";
import { inNjs, inVm, njsVersion, type Store } from "./support/run-function.ts";

const settings: EdgeSettings = {
  protect: true,
  windowSeconds: 86_400,
  whenGone: "current",
  hostSuffix: "shop.internal",
  mapParameter: "/lockstep/shop/version-map",
  mapRegion: "eu-west-1",
  mapTtlSeconds: 5,
  explain: true,
};
const edge = buildEdge(settings);
const status = JSON.stringify({ r: 7, current: CURRENT, floor: OLD, ending: {} });
const pointer: Store = { current: CURRENT, status };

/** Calls a function as built, in the sandbox and, where it is installed, in njs; both must agree. */
async function answerOf(code: string, event: unknown, store: Store = pointer): Promise<any> {
  const answer = await inVm(code, store)(event);
  if (njsVersion) expect(inNjs(code, [event], store)).toEqual([answer]);
  return answer;
}

describe("buildEdge()", () => {
  it.each(["pinApi", "pinDocument", "stamp"] as const)(
    "makes a %s that is small plain code with a top-level handler",
    (name) => {
      expect(edge[name].length).toBeLessThan(FUNCTION_MAX_BYTES);
      expect(edge[name]).toMatch(/^(async )?function handler\(event\)/m);
      expect(edge[name].startsWith('import cf from "cloudfront";\n')).toBe(name === "pinDocument");
    },
  );

  it("makes functions that are fit with every setting turned round", () => {
    expect(() =>
      buildEdge({ ...settings, protect: false, explain: false, whenGone: "refuse" }),
    ).not.toThrow();
  });

  it("makes the same text of the same settings", () => {
    expect(buildEdge({ ...settings })).toEqual(edge);
  });

  it("changes only the functions that use a changed setting", () => {
    const other = buildEdge({ ...settings, windowSeconds: 3600, mapTtlSeconds: 10 });
    expect([other.pinApi === edge.pinApi, other.pinDocument === edge.pinDocument]).toEqual([true, true]);
    expect([other.stamp === edge.stamp, other.route === edge.route]).toEqual([false, false]);
  });
});

describe("pinApi, as built", () => {
  it("pins by header, and leaves no query pin", async () => {
    const request = aRequest({ headers: { "x-lockstep-version": OLD }, query: { lockstep: CURRENT } });
    expect(await answerOf(edge.pinApi, { request })).toMatchObject({
      querystring: {},
      headers: { "x-lockstep-version": { value: OLD }, "x-lockstep-carrier": { value: "header" } },
    });
  });

  it("still keeps the header pin and drops forgeries when its work fails", async () => {
    const broken = {
      ...aRequest({ headers: { "x-lockstep-version": OLD, "x-lockstep-outcome": "pinned" } }),
      querystring: null,
    };
    expect((await answerOf(edge.pinApi, { request: broken })).headers).toEqual({
      host: { value: "d111.cloudfront.net" },
      "x-lockstep-version": { value: OLD },
      "x-lockstep-carrier": { value: "header" },
    });
  });

  it("answers by itself when a request cannot be cleaned", async () => {
    expect(await answerOf(edge.pinApi, { request: { headers: null } })).toMatchObject({ statusCode: 503 });
  });
});

describe("pinDocument, as built", () => {
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

  it("lets a file of a named build through", async () => {
    const request = aRequest({ uri: `/builds/${OLD}/chunk.js` });
    expect(await answerOf(edge.pinDocument, { request }, {})).toEqual(request);
  });

  it("rewrites what only looks like a build under current, where it is missing", async () => {
    expect(
      await answerOf(edge.pinDocument, { request: aRequest({ uri: "/builds/latest/x.js" }) }),
    ).toMatchObject({
      uri: `/builds/${CURRENT}/builds/latest/x.js`,
    });
  });

  it("lets a page be conditional only when the cookie is current", async () => {
    const conditional = { "if-none-match": '"a"', "if-modified-since": "x" };
    const asked = (cookie: string) => ({
      request: aPage({ headers: conditional, cookies: { "__Host-lockstep": cookie } }),
    });
    expect((await answerOf(edge.pinDocument, asked(OLD))).headers).not.toHaveProperty("if-none-match");
    expect((await answerOf(edge.pinDocument, asked(OLD))).headers).not.toHaveProperty("if-modified-since");
    expect((await answerOf(edge.pinDocument, asked(CURRENT))).headers).toHaveProperty("if-none-match");
  });

  it("lets public files be conditional", async () => {
    const request = aRequest({ uri: "/favicon.ico", headers: { "if-none-match": '"a"' } });
    expect(await answerOf(edge.pinDocument, { request })).toMatchObject({
      uri: `/builds/${CURRENT}/favicon.ico`,
      headers: { "if-none-match": { value: '"a"' } },
    });
  });

  it.each([{}, { current: "latest" }] as Store[])(
    "says that nothing is released when the pointer is %j",
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

  it("answers the status by itself, and does not let it be cached", async () => {
    const answer = await answerOf(edge.pinDocument, { request: aRequest({ uri: "/.lockstep/status" }) });
    expect(answer.body).toBe(status);
    expect(answer).toMatchObject({ statusCode: 200, headers: { "cache-control": { value: "no-store" } } });
    const nothing = await answerOf(edge.pinDocument, { request: aRequest({ uri: "/.lockstep/status" }) }, {});
    expect(JSON.parse(nothing.body)).toEqual({ r: 0, current: null, floor: null, ending: {} });
  });

  it("refuses to take a status, and leaves other methods to the origin", async () => {
    const post = aRequest({ method: "POST", uri: "/.lockstep/status" });
    expect(await answerOf(edge.pinDocument, { request: post })).toMatchObject({ statusCode: 405 });
    expect(await answerOf(edge.pinDocument, { request: aPage({ method: "POST", uri: "/x" }) })).toMatchObject(
      { uri: "/x" },
    );
  });
});

describe("the functions with protection off, as built", () => {
  const off = buildEdge({ ...settings, protect: false });

  it("pin nothing, and answer a page in full as long as it has a cookie to expire", async () => {
    const api = aRequest({ headers: { "x-lockstep-version": OLD } });
    expect((await answerOf(off.pinApi, { request: api })).headers).toEqual({
      host: { value: "d111.cloudfront.net" },
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

describe("stamp, as built", () => {
  it("stamps a page", async () => {
    const event = { request: aPage(), response: aResponse(200, { "x-amz-meta-lockstep-version": CURRENT }) };
    expect(await answerOf(edge.stamp, event)).toMatchObject({
      headers: {},
      cookies: { "__Host-lockstep": { value: CURRENT } },
    });
  });

  it("gives the answer back as it was when it cannot read it", async () => {
    expect(await answerOf(edge.stamp, { request: null, response: { statusCode: 200 } })).toEqual({
      statusCode: 200,
    });
  });
});

/** What CloudFront takes from a function, and what must hold whatever came in. */
function expectValid(request: FunctionRequest, answer: any): void {
  if (answer.statusCode !== undefined) {
    expect(answer.statusCode).toBeGreaterThanOrEqual(200);
    for (const name in answer.headers)
      expect([name, typeof answer.headers[name].value]).toEqual([name.toLowerCase(), "string"]);
    return;
  }
  expect(answer.method).toBe(request.method);
  for (const name of ["host", "via", "content-length"])
    expect(answer.headers[name]).toEqual(request.headers[name]);
}

function expectInsideBuilds(request: FunctionRequest, answer: any): void {
  expectValid(request, answer);
  if (answer.statusCode !== undefined) return;
  if (request.method !== "GET" && request.method !== "HEAD") return void expect(answer.uri).toBe(request.uri);
  const [, builds, id, ...file] = new URL(answer.uri, "http://host").pathname.split("/");
  expect([builds, isVersionId(id)]).toEqual(["builds", true]);
  expect(file.length).toBeGreaterThan(0);
  expect(answer.uri).toMatch(/^[!$%&'()*+,\-./0-9:;=@A-Z_a-z~]+$/);
  if (id !== CURRENT) expect(request.uri.replace(/%2f|%5c|\\/gi, "/")).toContain(id);
}

describe("the functions as built, under hostile events", () => {
  const cases = [
    ["pinApi", fc.record({ request: hostileRequest }), expectValid],
    ["pinDocument", fc.record({ request: hostileRequest }), expectInsideBuilds],
    ["stamp", fc.record({ request: hostileRequest, response: hostileResponse }), () => {}],
  ] as const;

  it.each(cases)(
    `%s answers ${FUZZ_EVENTS} events in the sandbox, each validly`,
    { timeout: 3_600_000 },
    async (name, events, expectGood) => {
      const call = inVm(edge[name], pointer);
      await fc.assert(
        fc.asyncProperty(events, async (event) => expectGood(event.request, await call(event))),
        { numRuns: FUZZ_EVENTS },
      );
    },
  );

  it.each(cases)(
    `%s answers ${NJS_EVENTS} events in njs as in the sandbox`,
    { timeout: 120_000 },
    async (name, events) => {
      if (!njsVersion)
        return console.warn("njs is not installed, so the functions did not run in it: apt-get install njs");
      // Half characters cannot come over the wire, and njs has no strings with them; JSON shows them as escapes.
      const text = JSON.stringify(fc.sample(events, NJS_EVENTS)).replace(
        /\\ud[89a-f][0-9a-f]{2}/gi,
        "\\ufffd",
      );
      const sample = JSON.parse(text);
      const call = inVm(edge[name], pointer);
      const expected = [];
      for (const event of sample) expected.push(await call(event));
      expect(inNjs(edge[name], sample, pointer)).toEqual(expected);
    },
  );
});
