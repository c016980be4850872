import { describe, expect, it } from "vitest";
import type { FunctionRequest, FunctionResponse } from "../src/function-event.ts";
import { cookieAttributes, expireCookie, stampCookie } from "../src/stamp-cookie.ts";
import { aPage, aRequest, aResponse, CURRENT, OLD } from "./support/events.ts";

const STAMP = "x-amz-meta-lockstep-version";
const attributes = "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=86400";

function stamped(request: FunctionRequest, response: FunctionResponse): FunctionResponse {
  stampCookie(request, response, cookieAttributes(86_400));
  return response;
}

describe("stampCookie()", () => {
  it("gives a page the cookie of its own version, and hides the metadata", () => {
    const response = stamped(
      aPage({ cookies: { "__Host-lockstep": OLD } }),
      aResponse(200, { [STAMP]: CURRENT, etag: "x" }),
    );
    expect(response.cookies).toEqual({ "__Host-lockstep": { value: CURRENT, attributes } });
    expect(response.headers).toEqual({ etag: { value: "x" } });
  });

  it("makes the cookies of a response that has none", () => {
    const response = aResponse(200, { [STAMP]: CURRENT });
    delete response.cookies;
    expect(stamped(aPage(), response).cookies).toHaveProperty("__Host-lockstep");
  });

  it.each([204, 206, 301, 302, 404, 500])("never stamps a %i", (status) => {
    expect(stamped(aPage(), aResponse(status, { [STAMP]: CURRENT })).cookies).toEqual({});
  });

  it.each([
    ["an asset", aRequest({ headers: { "sec-fetch-dest": "script" } })],
    ["a frame", aRequest({ headers: { "sec-fetch-dest": "iframe" } })],
    ["a prefetch", aPage({ headers: { "sec-purpose": "prefetch" } })],
  ])("never stamps %s, and still hides the metadata", (_what, request) => {
    expect(stamped(request, aResponse(200, { [STAMP]: CURRENT }))).toMatchObject({
      cookies: {},
      headers: {},
    });
  });

  it("never stamps a page without a version, or with a damaged one", () => {
    expect(stamped(aPage(), aResponse(200)).cookies).toEqual({});
    expect(stamped(aPage(), aResponse(200, { [STAMP]: "latest" })).cookies).toEqual({});
  });

  it("renews on a 304 the cookie that let the request be conditional", () => {
    const page = aPage({ cookies: { "__Host-lockstep": CURRENT } });
    expect(stamped(page, aResponse(304)).cookies).toEqual({
      "__Host-lockstep": { value: CURRENT, attributes },
    });
    expect(stamped(aPage(), aResponse(304)).cookies).toEqual({});
  });
});

describe("expireCookie()", () => {
  it("expires the cookie where there is one, and still hides the metadata", () => {
    const [page, bare] = [aResponse(200, { [STAMP]: CURRENT }), aResponse(200, { [STAMP]: CURRENT })];
    expireCookie(aPage({ cookies: { "__Host-lockstep": OLD } }), page);
    expect(page).toEqual({
      ...aResponse(200),
      cookies: { "__Host-lockstep": { value: "", attributes: attributes.replace("86400", "0") } },
    });
    expireCookie(aPage(), bare);
    expect(bare).toEqual(aResponse(200));
  });
});
