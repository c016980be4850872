import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EdgeSettings } from "../src/build/build.ts";
import * as names from "../src/names.ts";
import { CURRENT, NEWER, OLD } from "./support/events.ts";
import { loadRoute } from "./support/load-route.ts";
import { SsmStub } from "./support/ssm-stub.ts";

const settings: EdgeSettings = {
  protect: true,
  windowSeconds: 86_400,
  whenGone: "current",
  hostSuffix: "baked.internal",
  mapParameter: "/lockstep/shop/version-map",
  mapRegion: "eu-west-1",
  mapTtlSeconds: 3600,
  paths: ["/api/*"],
  healthPath: "/api/health",
  explain: true,
};

let ssm: SsmStub;
let endpoint: string;
let logged: string[];

beforeEach(async () => {
  ssm = new SsmStub();
  endpoint = await ssm.start();
  ssm.answer = mapText();
  logged = [];
});
afterEach(() => ssm.close());

function mapText(with_: Record<string, unknown> = {}): string {
  const versions = { [OLD]: { tg: "a" }, [CURRENT]: { tg: "b" } };
  return JSON.stringify({
    r: 12,
    current: CURRENT,
    floor: null,
    suffix: "shop.internal",
    versions,
    ...with_,
  });
}

/** A new instance of the function as built, with its own module state and environment. */
function coldStart(with_: Partial<EdgeSettings> = {}): (sent?: Sent) => Promise<any> {
  const handler = load(with_);
  return (sent = {}) => handler(originRequest(sent));
}

function load(with_: Partial<EdgeSettings> = {}): (event: unknown) => Promise<any> {
  return loadRoute({ ...settings, ...with_ }, endpoint, (line) => logged.push(line));
}

/** What a viewer sends: headers; `?` is the raw query, `/` the path. */
type Sent = Record<string, string>;

function originRequest({ "?": querystring = "a=1", "/": uri = "/api/x", ...headers }: Sent) {
  const all = {
    host: "d111.cloudfront.net",
    "x-amz-cf-id": "id",
    connection: "upgrade",
    upgrade: "websocket",
    ...headers,
  };
  const request = {
    clientIp: "203.0.113.1",
    method: "GET",
    uri,
    querystring,
    headers: Object.fromEntries(Object.entries(all).map(([key, value]) => [key, [{ key, value }]])),
    origin: {
      custom: { customHeaders: {}, domainName: "alb.example", path: "", port: 80, protocol: "http" },
    },
  };
  return { Records: [{ cf: { config: { eventType: "origin-request" }, request } }] };
}

function pinned(id: string, carrier = "header"): Sent {
  if (carrier === "query") return { "?": `lockstep=${id}&a=1` };
  return carrier === "cookie" ? { cookie: `a=1; __Host-lockstep=${id}; b=2` } : { "x-lockstep-version": id };
}

function header(answer: any, name: string): string | undefined {
  return answer.headers[name]?.[0]?.value;
}

describe("route, as built", () => {
  it("sends a pinned request to its version's host, and the reason with it", async () => {
    const answer = await coldStart()(pinned(OLD));
    expect([header(answer, "host"), header(answer, "x-forwarded-host")]).toEqual([
      `${OLD}.shop.internal`,
      "d111.cloudfront.net",
    ]);
    expect([header(answer, "x-lockstep-outcome"), header(answer, "x-lockstep-current")]).toEqual([
      "pinned",
      CURRENT,
    ]);
    expect(header(answer, "x-lockstep-version")).toBe(OLD);
    expect(answer).toMatchObject({ uri: "/api/x", querystring: "a=1", method: "GET" });
  });

  it.each(["header", "query", "cookie"])("reads the pin of the %s", async (carrier) => {
    const answer = await coldStart()(pinned(OLD, carrier));
    expect([header(answer, "host"), header(answer, "x-lockstep-version")]).toEqual([
      `${OLD}.shop.internal`,
      OLD,
    ]);
    expect(answer.querystring).toBe("a=1");
    expect(header(answer, "cookie")).toBe(pinned(OLD, carrier).cookie);
  });

  it.each([{}, { protect: false }])(
    "sends the service the query without the pin, otherwise byte for byte, with %j",
    async (with_) => {
      const call = coldStart(with_);
      const query = "b=2&a=1&b=1&flag&q=a%20b+c&&u=%C3%BC&lockstep=on&";
      for (const sent of [query, `lockstep=${OLD}&${query}`, `${query}&lockstep=${OLD}`])
        expect((await call({ "?": sent })).querystring).toBe(query);
    },
  );

  it.each([
    [
      "the query over the cookie, wherever the pin is in it",
      { "?": `a=1&lockstep=${OLD}`, cookie: `__Host-lockstep=${CURRENT}` },
    ],
    [
      "the header over both",
      { "x-lockstep-version": OLD, "?": `lockstep=${CURRENT}&a=1`, cookie: `__Host-lockstep=${CURRENT}` },
    ],
    ["the first of two pins", { "?": `lockstep=${OLD}&a=1&lockstep=${CURRENT}` }],
    ["the first version id of several", { "?": `lockstep=on&lockstep=${OLD}&a=1&lockstep=${CURRENT}` }],
  ])("prefers %s", async (_what, sent) => {
    const call = coldStart();
    // The second time there is a map, so the fast path is taken.
    for (let times = 0; times < 2; times++) {
      const answer = await call(sent);
      expect(header(answer, "host")).toBe(`${OLD}.shop.internal`);
      expect(answer.querystring.replace("lockstep=on&", "")).toBe("a=1");
    }
  });

  it("ignores a viewer's copy of a header that only Lockstep may write", async () => {
    const forged = Object.fromEntries(
      Object.values(names)
        .filter((name) => typeof name === "string" && /^x-(lockstep-|forwarded-host)/.test(name))
        .map((name) => [name as string, "forged"]),
    );
    expect(Object.keys(forged).length).toBeGreaterThan(6);
    for (const sent of [{}, pinned(OLD, "query"), pinned("20250101-000000-0000000", "cookie")]) {
      const answer = await coldStart()({ ...forged, ...sent });
      expect(JSON.stringify(answer)).not.toContain("forged");
    }
  });

  it("sends no version to the service when the pin did not decide", async () => {
    const fellBack = await coldStart()(pinned("20250101-000000-0000000", "cookie"));
    expect(fellBack.headers).not.toHaveProperty("x-lockstep-version");
    expect((await coldStart()()).headers).not.toHaveProperty("x-lockstep-version");
  });

  it("sends a heartbeat to the health path of the page's version, without cookies and credentials", async () => {
    const call = coldStart();
    const beat = { "/": "/.lockstep/heartbeat", authorization: "Bearer x" };
    const answer = await call({ ...beat, "?": `lockstep=${OLD}&x=1`, cookie: "sid=1" });
    expect(answer).toMatchObject({ uri: "/api/health", querystring: "" });
    expect(header(answer, "host")).toBe(`${OLD}.shop.internal`);
    expect(answer.headers).not.toHaveProperty("cookie");
    expect(answer.headers).not.toHaveProperty("authorization");
    const gone = await call({ ...beat, "?": "lockstep=20250101-000000-0000000" });
    expect(gone).toMatchObject({ status: "409" });
    expect(header(await call({ ...beat, ...pinned(OLD, "cookie") }), "host")).toBe(`${OLD}.shop.internal`);
  });

  it("leaves a WebSocket upgrade unchanged", async () => {
    const answer = await coldStart()(pinned(OLD, "query"));
    expect(answer.headers).toMatchObject({
      connection: [{ key: "connection", value: "upgrade" }],
      upgrade: [{ value: "websocket" }],
    });
  });

  it("sends a request without a valid pin to current", async () => {
    const call = coldStart();
    for (const sent of [{}, pinned("latest"), pinned("latest", "query"), pinned("latest", "cookie")]) {
      const answer = await call(sent);
      expect([header(answer, "host"), header(answer, "x-lockstep-outcome")]).toEqual([
        `${CURRENT}.shop.internal`,
        "current",
      ]);
    }
  });

  it("answers 409 with a problem document when the pin is gone", async () => {
    const answer = await coldStart()(pinned("20250101-000000-0000000"));
    expect(answer).toMatchObject({ status: "409", statusDescription: "Conflict" });
    expect(JSON.parse(answer.body)).toMatchObject({
      type: "urn:lockstep:version-gone",
      status: 409,
      version: "20250101-000000-0000000",
      current: CURRENT,
    });
    const names = ["content-type", "cache-control", "x-lockstep-outcome", "x-lockstep-current"];
    expect(names.map((name) => header(answer, name))).toEqual([
      "application/problem+json",
      "no-store",
      "gone",
      CURRENT,
    ]);
  });

  it("falls back for a cookie, or refuses when the configuration says so", async () => {
    const gone = pinned("20250101-000000-0000000", "cookie");
    expect(header(await coldStart()(gone), "x-lockstep-outcome")).toBe("fell-back");
    expect(await coldStart({ whenGone: "refuse" })(gone)).toMatchObject({ status: "409" });
  });

  it("reads the map again before it refuses a pin newer than its map", async () => {
    const call = coldStart();
    await call(pinned(OLD));
    ssm.answer = mapText({ r: 13, versions: { [CURRENT]: { tg: "b" }, [NEWER]: { tg: "c" } } });
    expect(header(await call(pinned(NEWER)), "host")).toBe(`${NEWER}.shop.internal`);
    expect(ssm.asked.length).toBe(2);
  });

  it("drops its decisions when a newer map arrives", async () => {
    const call = coldStart({ mapTtlSeconds: 0.05 });
    expect(header(await call(pinned(OLD, "query")), "host")).toBe(`${OLD}.shop.internal`);
    ssm.answer = mapText({ r: 13, versions: { [CURRENT]: { tg: "b" } } });
    await expect.poll(async () => (await call(pinned(OLD, "query"))).status).toBe("409");
    for (let times = 0; times < 3; times++) expect((await call(pinned(OLD, "query"))).status).toBe("409");
    expect(header(await call(pinned(CURRENT, "query")), "host")).toBe(`${CURRENT}.shop.internal`);
  });

  it("reads the map once for a thousand concurrent requests", async () => {
    const call = coldStart();
    await Promise.all(Array.from({ length: 1000 }, () => call(pinned(OLD))));
    expect(ssm.asked).toEqual(["/lockstep/shop/version-map"]);
  });

  it("when SSM cannot be read, derives the host from the pin, and answers 503 without one", async () => {
    ssm.answer = { status: 400, body: '{"__type":"AccessDeniedException"}' };
    const call = coldStart();
    const answer = await call(pinned(OLD));
    expect([header(answer, "host"), header(answer, "x-lockstep-outcome")]).toEqual([
      `${OLD}.baked.internal`,
      "pinned",
    ]);
    const refused = await call();
    expect([refused.status, JSON.parse(refused.body).type]).toEqual([
      "503",
      "urn:lockstep:no-current-version",
    ]);
    expect([header(refused, "cache-control"), header(refused, "retry-after")]).toEqual(["no-store", "1"]);
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([
      { lockstep: "route", event: "map-unreadable" },
      { lockstep: "route", event: "derived-host", pin: OLD },
      { lockstep: "route", event: "unavailable" },
    ]);
  });

  it("answers 503 before the first release", async () => {
    ssm.answer = mapText({ current: null, versions: {} });
    expect(await coldStart()()).toMatchObject({ status: "503" });
  });

  it("serves a stale map when SSM stops answering", async () => {
    const call = coldStart({ mapTtlSeconds: 0.05 });
    await call(pinned(OLD));
    ssm.answer = "hang";
    await expect
      .poll(async () =>
        header(await call({ ...pinned(OLD), "x-lockstep-explain": "1" }), "x-lockstep-explain"),
      )
      .toMatch(/age-ms=\d{3}/);
    expect(header(await call(), "host")).toBe(`${CURRENT}.shop.internal`);
  });

  it("explains itself when asked, also on a refusal, and only when enabled", async () => {
    const asked = { ...pinned(OLD, "query"), "x-lockstep-explain": "1" };
    const reasons = `carrier=query; pin=${OLD}; decision=pinned; version=${OLD}; revision=12; age-ms=N; edge=ap-northeast-1`;
    const explained = header(await coldStart()(asked), "x-lockstep-explain")!;
    expect(explained.replace(/age-ms=\d+/, "age-ms=N")).toBe(reasons);
    const refused = await coldStart()({ ...asked, ...pinned("20250101-000000-0000000", "query") });
    expect(header(refused, "x-lockstep-explain")).toContain("decision=gone");
    expect(header(await coldStart()(pinned(OLD)), "x-lockstep-explain")).toBeUndefined();
    expect(header(await coldStart({ explain: false })(asked), "x-lockstep-explain")).toBeUndefined();
  });

  it("serves current to every request when protection is off", async () => {
    expect(header(await coldStart({ protect: false })(pinned(OLD)), "host")).toBe(`${CURRENT}.shop.internal`);
  });

  it("logs that it cannot serve a version, but not for each request", async () => {
    const call = coldStart();
    for (let times = 0; times < 50; times++) await call(pinned("20250101-000000-0000000"));
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([
      { event: "gone", pin: "20250101-000000-0000000", carrier: "header", revision: 12 },
    ]);
  });

  it("removes an origin secret that the viewer sent", async () => {
    expect((await coldStart()({ "x-lockstep-origin-secret": "x" })).headers).not.toHaveProperty(
      "x-lockstep-origin-secret",
    );
  });

  it("answers 503 instead of throwing on a malformed event", async () => {
    expect(await load()({})).toMatchObject({ status: "503" });
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([{ lockstep: "route", event: "failed" }]);
  });

  it("changes only its own headers, Host, X-Forwarded-Host and the pin of the query", async () => {
    const call = coldStart();
    const name = fc
      .stringMatching(/^[a-z][a-z-]{0,12}$/)
      .filter((one) => !["host", "x-forwarded-host"].includes(one));
    const id = fc.constantFrom(OLD, CURRENT, NEWER, "latest", "");
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, fc.string()),
        id,
        fc.constantFrom("header", "query", "cookie"),
        async (others, pin, carrier) => {
          const before: any = originRequest({ ...others, ...pinned(pin, carrier) }).Records[0]!.cf.request;
          const answer = await call({ ...others, ...pinned(pin, carrier) });
          if (answer.status !== undefined) {
            expect(answer.status).toBe("409");
            return;
          }
          const foreign = (headers: object) =>
            Object.fromEntries(
              Object.entries(headers).filter(([one]) => !/^(host|x-forwarded-host|x-lockstep-.*)$/.test(one)),
            );
          expect(foreign(answer.headers)).toEqual(foreign(before.headers));
          expect([answer.origin, answer.uri]).toEqual([before.origin, before.uri]);
          expect([before.querystring, `lockstep=${pin}&${answer.querystring}`]).toContain(before.querystring);
        },
      ),
    );
  });
});
