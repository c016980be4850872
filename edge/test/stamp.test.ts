import { describe, expect, it } from "vitest";
import { bundleFunction } from "../src/build/bundle.ts";
import type { FunctionRequest, FunctionResponse } from "../src/function-event.ts";
import { aPage, aRequest, aResponse, CURRENT, OLD } from "./support/events.ts";
import { loadFunction } from "./support/load-function.ts";
import { edgeSettings } from "./support/settings.ts";

const STAMP = "x-amz-meta-lockstep-version";
const attributes = "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=86400";
const stamp = loadFunction(bundleFunction("stamp", edgeSettings));
const expire = loadFunction(bundleFunction("stamp", { ...edgeSettings, protect: false }));

function stamped(request: FunctionRequest, response: FunctionResponse): Promise<FunctionResponse> {
  return stamp({ request, response });
}

describe("stamp()", () => {
  it("gives a page the cookie of its own version, and hides the metadata", async () => {
    const response = await stamped(
      aPage({ cookies: { "__Host-lockstep": OLD } }),
      aResponse(200, { [STAMP]: CURRENT, etag: "x" }),
    );
    expect(response.cookies).toEqual({ "__Host-lockstep": { value: CURRENT, attributes } });
    expect(response.headers).toEqual({ etag: { value: "x" } });
  });

  it("adds the cookie to a response without cookies", async () => {
    const response = aResponse(200, { [STAMP]: CURRENT });
    delete response.cookies;
    expect((await stamped(aPage(), response)).cookies).toHaveProperty("__Host-lockstep");
  });

  it.each([204, 206, 301, 302, 404, 500])("never stamps a %i", async (status) => {
    expect((await stamped(aPage(), aResponse(status, { [STAMP]: CURRENT }))).cookies).toEqual({});
  });

  it.each([
    ["an asset", aRequest({ headers: { "sec-fetch-dest": "script" } })],
    ["a frame", aRequest({ headers: { "sec-fetch-dest": "iframe" } })],
    ["a prefetch", aPage({ headers: { "sec-purpose": "prefetch" } })],
    ["an older browser's prefetch", aPage({ headers: { purpose: "prefetch" } })],
  ])("never stamps %s, and still hides the metadata", async (_what, request) => {
    const response = await stamped(request, aResponse(200, { [STAMP]: CURRENT }));
    expect([response.cookies, response.headers]).toEqual([{}, {}]);
  });

  it.each(["latest", "", "1", "3", '{"id":1}', "../../etc/passwd"])(
    "never stamps a page with the damaged version %j",
    async (version) => {
      const response = await stamped(aPage(), aResponse(200, { [STAMP]: version }));
      expect([response.cookies, response.headers]).toEqual([{}, {}]);
    },
  );

  it("never stamps a page without a version", async () => {
    expect((await stamped(aPage(), aResponse(200))).cookies).toEqual({});
  });

  it("gives the 404 page its status, sets no cookie, and hides the metadata", async () => {
    const cookies = { "__Host-lockstep": CURRENT };
    for (const answer of [stamp, expire]) {
      const response = aResponse(200, { "x-amz-meta-lockstep-status": "404", etag: "x" });
      const stamped = await answer({ request: aPage({ cookies }), response });
      expect(stamped).toMatchObject({ statusCode: 404, statusDescription: "Not Found", cookies: {} });
      expect(stamped.headers).toEqual({ etag: { value: "x" } });
    }
  });

  it.each(["200", "302", "", "x"])("never gives a page the status %j", async (status) => {
    const response = await stamped(aPage(), aResponse(200, { "x-amz-meta-lockstep-status": status }));
    expect([response.statusCode, response.headers]).toEqual([200, {}]);
  });

  it("renews on a 304 the cookie that let the request be conditional", async () => {
    const page = aPage({ cookies: { "__Host-lockstep": CURRENT } });
    expect((await stamped(page, aResponse(304))).cookies).toEqual({
      "__Host-lockstep": { value: CURRENT, attributes },
    });
    expect((await stamped(aPage(), aResponse(304))).cookies).toEqual({});
  });
});

describe("stamp() with protection off", () => {
  it("expires an existing cookie, and still hides the metadata", async () => {
    const response = aResponse(200, { [STAMP]: CURRENT });
    expect(await expire({ request: aPage({ cookies: { "__Host-lockstep": OLD } }), response })).toEqual({
      ...aResponse(200),
      cookies: { "__Host-lockstep": { value: "", attributes: attributes.replace("86400", "0") } },
    });
    const bare = aResponse(200, { [STAMP]: CURRENT });
    expect(await expire({ request: aPage(), response: bare })).toEqual(aResponse(200));
  });
});
