import { describe, expect, it } from "vitest";
import { bundleFunction } from "../src/build/bundle.ts";
import type { FunctionResponse } from "../src/function-event.ts";
import { aRequest, aResponse, CURRENT, OLD } from "./support/events.ts";
import { loadFunction } from "./support/load-function.ts";
import { edgeSettings } from "./support/settings.ts";

const stampAnswer = loadFunction(bundleFunction("stampAnswer", edgeSettings));
const withoutProtection = loadFunction(bundleFunction("stampAnswer", { ...edgeSettings, protect: false }));
const heartbeat = loadFunction(bundleFunction("heartbeat", edgeSettings));

const cacheable = { "cache-control": "public, max-age=600", etag: '"rev-42"', vary: "accept" };
const pin = { lockstep: OLD };

function stamped(
  sent: Parameters<typeof aRequest>[0],
  response: FunctionResponse,
  run = stampAnswer,
): Promise<FunctionResponse> {
  return run({ request: aRequest({ uri: "/api/orders/7", ...sent }), response });
}

describe("stampAnswer()", () => {
  it.each([200, 204, 206, 304])("leaves a %i alone whose address carries the pin", async (status) => {
    const answer = await stamped({ query: { ...pin, a: "1" } }, aResponse(status, cacheable));
    expect(answer).toEqual(aResponse(status, cacheable));
  });

  it.each<[string, Parameters<typeof aRequest>[0]]>([
    ["no pin", {}],
    ["a cookie", { cookies: { "__Host-lockstep": OLD } }],
    ["the header", { headers: { "x-lockstep-version": OLD } }],
    ["the header beside the query", { headers: { "x-lockstep-version": CURRENT }, query: pin }],
    ["a query that belongs to the app", { query: { lockstep: "on" } }],
    ["a query that is almost a version id", { query: { lockstep: OLD.toUpperCase() } }],
    ["a query with more than a version id", { query: { lockstep: `${OLD}0` } }],
  ])("lets no cache keep the answer to a request with %s", async (_what, sent) => {
    for (const status of [200, 206, 301, 304]) {
      const answer = await stamped(sent, aResponse(status, { ...cacheable, location: "/api/x" }));
      expect(answer.headers).toEqual({
        "cache-control": { value: "no-store" },
        etag: { value: '"rev-42"' },
        vary: { value: "accept" },
        location: { value: "/api/x" },
      });
    }
  });

  it("lets no cache keep anything while protection is off", async () => {
    const answer = await stamped({ query: pin }, aResponse(200, cacheable), withoutProtection);
    expect(answer.headers!["cache-control"]).toEqual({ value: "no-store" });
  });

  it.each([301, 302, 303, 307, 308])("keeps the pin through a %i", async (status) => {
    const answer = await stamped({ query: pin }, aResponse(status, { ...cacheable, location: "../x?q=1" }));
    expect(answer).toEqual(aResponse(status, { ...cacheable, location: `../x?lockstep=${OLD}&q=1` }));
  });

  it.each([200, 201, 300, 304, 305, 306])("leaves the Location of a %i alone", async (status) => {
    const answer = await stamped({ query: pin }, aResponse(status, { location: "/api/x" }));
    expect(answer.headers).toEqual({ location: { value: "/api/x" } });
  });

  it("leaves redirects that lead away from the services alone", async () => {
    for (const location of ["/login", "https://files.example.com/api/x?signature=1"]) {
      const answer = await stamped({ query: pin }, aResponse(302, { location }));
      expect(answer.headers).toEqual({ location: { value: location } });
    }
    expect((await stamped({ query: pin }, aResponse(302))).headers).toEqual({});
  });

  it("compares an absolute Location with the request's Host", async () => {
    const headers = { host: "localhost:8080" };
    const to = (location: string) => stamped({ query: pin, headers }, aResponse(302, { location }));
    expect((await to("http://localhost:8080/api/x")).headers!.location!.value).toContain(OLD);
    expect((await to("http://localhost:8081/api/x")).headers!.location!.value).not.toContain(OLD);
  });

  it("keeps the pin in each of several Locations", async () => {
    const response = aResponse(302);
    const [a, b] = [{ value: "/api/a" }, { value: "/b" }];
    response.headers!.location = { ...a, multiValue: [a, b] };
    const pinned = { value: `/api/a?lockstep=${OLD}` };
    expect((await stamped({ query: pin }, response)).headers!.location).toEqual({
      ...pinned,
      multiValue: [pinned, b],
    });
  });

  it("takes the first version id of a repeated pin, as route does", async () => {
    const request = aRequest({ uri: "/api/x" });
    request.querystring.lockstep = { value: "on", multiValue: [{ value: "on" }, { value: OLD }] };
    const response = aResponse(302, { location: "/api/y" });
    expect((await stampAnswer({ request, response })).headers.location.value).toBe(`/api/y?lockstep=${OLD}`);
  });

  it("returns a malformed answer unchanged", async () => {
    expect(await stampAnswer({ response: { statusCode: 200 } } as never)).toEqual({ statusCode: 200 });
  });
});

describe("heartbeat()", () => {
  it("turns the answer of the health path into an empty 204 that no cache keeps", async () => {
    const response = aResponse(200, {
      ...cacheable,
      "content-type": "application/json",
      "content-length": "40",
      "x-lockstep-served": OLD,
      "x-lockstep-current": CURRENT,
      "x-powered-by": "x",
      via: "1.1 proxy",
    });
    response.cookies = { sid: { value: "1" } };
    expect(await heartbeat({ request: aRequest(), response })).toEqual({
      statusCode: 204,
      statusDescription: "No Content",
      headers: {
        "x-lockstep-served": { value: OLD },
        "x-lockstep-current": { value: CURRENT },
        via: { value: "1.1 proxy" },
        "cache-control": { value: "no-store" },
      },
      cookies: {},
      body: "",
    });
  });

  it.each([400, 409, 503])("leaves a %i unchanged", async (status) => {
    expect(await heartbeat({ request: aRequest(), response: aResponse(status, cacheable) })).toEqual(
      aResponse(status, cacheable),
    );
  });

  it("returns a malformed answer unchanged", async () => {
    expect(await heartbeat({ response: null } as never)).toBeNull();
  });
});
