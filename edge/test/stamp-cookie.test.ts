import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPageLoad } from "../src/is-document.ts";
import { stampCookie } from "../src/stamp-cookie.ts";
import {
  aPage,
  aRequest,
  aResponse,
  CURRENT,
  FUZZ_EVENTS,
  hostileRequest,
  hostileResponse,
  OLD,
} from "./support/events.ts";

const settings = { protect: true, windowSeconds: 86_400 };
const STAMP = "x-amz-meta-lockstep-version";
const attributes = "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=86400";

describe("stampCookie()", () => {
  it("gives a page the cookie of its own version, and hides the metadata", () => {
    const response = stampCookie(
      aPage({ cookies: { "__Host-lockstep": OLD } }),
      aResponse(200, { [STAMP]: CURRENT, etag: "x" }),
      settings,
    );
    expect(response.cookies).toEqual({ "__Host-lockstep": { value: CURRENT, attributes } });
    expect(response.headers).toEqual({ etag: { value: "x" } });
  });

  it("makes the cookies of a response that has none", () => {
    const response = aResponse(200, { [STAMP]: CURRENT });
    delete response.cookies;
    expect(stampCookie(aPage(), response, settings).cookies).toHaveProperty("__Host-lockstep");
  });

  it.each([204, 206, 301, 302, 404, 500])("never stamps a %i", (status) => {
    expect(stampCookie(aPage(), aResponse(status, { [STAMP]: CURRENT }), settings).cookies).toEqual({});
  });

  it.each([
    ["an asset", aRequest({ headers: { "sec-fetch-dest": "script" } })],
    ["a frame", aRequest({ headers: { "sec-fetch-dest": "iframe" } })],
    ["a prefetch", aPage({ headers: { "sec-purpose": "prefetch" } })],
  ])("never stamps %s, and still hides the metadata", (_what, request) => {
    expect(stampCookie(request, aResponse(200, { [STAMP]: CURRENT }), settings)).toMatchObject({
      cookies: {},
      headers: {},
    });
  });

  it("never stamps a page without a version, or with a damaged one", () => {
    expect(stampCookie(aPage(), aResponse(200), settings).cookies).toEqual({});
    expect(stampCookie(aPage(), aResponse(200, { [STAMP]: "latest" }), settings).cookies).toEqual({});
  });

  it("renews on a 304 the cookie that let the request be conditional", () => {
    const page = aPage({ cookies: { "__Host-lockstep": CURRENT } });
    expect(stampCookie(page, aResponse(304), settings).cookies).toEqual({
      "__Host-lockstep": { value: CURRENT, attributes },
    });
    expect(stampCookie(aPage(), aResponse(304), settings).cookies).toEqual({});
  });

  it("expires the cookie when protection is off, where there is one", () => {
    const off = { ...settings, protect: false };
    const page = aPage({ cookies: { "__Host-lockstep": OLD } });
    expect(stampCookie(page, aResponse(200, { [STAMP]: CURRENT }), off)).toEqual({
      ...aResponse(200),
      cookies: { "__Host-lockstep": { value: "", attributes: attributes.replace("86400", "0") } },
    });
    expect(stampCookie(aPage(), aResponse(200, { [STAMP]: CURRENT }), off).cookies).toEqual({});
  });

  it(`moves the cookie only for pages, to their own version, in ${FUZZ_EVENTS} hostile exchanges`, {
    timeout: 600_000,
  }, () => {
    fc.assert(
      fc.property(hostileRequest, hostileResponse, (request, response) => {
        const before = structuredClone({ request, response });
        const after = stampCookie(request, response, settings);
        const { [STAMP]: stamp, ...headers } = before.response.headers!;
        expect(request).toEqual(before.request);
        expect(after.headers).toEqual(headers);
        const { "__Host-lockstep": cookie, ...others } = after.cookies!;
        expect(others).toEqual(before.response.cookies);
        if (cookie === undefined) return;
        expect(isPageLoad(before.request)).toBe(true);
        const source =
          before.response.statusCode === 200 ? stamp : [stamp, before.request.cookies["__Host-lockstep"]];
        expect(JSON.stringify(source)).toContain(cookie.value);
        expect(cookie.attributes).toBe(attributes);
      }),
      { numRuns: FUZZ_EVENTS },
    );
  });
});
