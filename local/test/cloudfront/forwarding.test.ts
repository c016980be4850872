import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  ALL_VIEWER,
  ask,
  behavior,
  CACHING_OPTIMIZED,
  createWorld,
  list,
  ORIGIN,
  type World,
} from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await createWorld();
  world.origin.handler = (request, response) =>
    response.end(JSON.stringify({ url: request.url, headers: request.headers }));
});
afterEach(() => world.close());

async function seenByOrigin(
  change: Record<string, unknown>,
  headers: Record<string, string>,
  method = "GET",
) {
  const { urls } = await world.distribute({ DefaultCacheBehavior: behavior(change) });
  const { body } = await ask(`${urls[0]}/p?a=1&b=2`, { method, headers });
  return JSON.parse(body) as { url: string; headers: Record<string, string> };
}

const sent = {
  cookie: "a=1; b=2",
  "user-agent": "Browser",
  accept: "text/html",
  authorization: "Bearer x",
  "if-none-match": '"1"',
  "accept-encoding": "gzip, deflate, br",
  "x-custom": "1",
};

describe("the request to the origin", () => {
  it("has few headers without an origin request policy", async () => {
    const { url, headers } = await seenByOrigin({ OriginRequestPolicyId: undefined }, sent);
    expect(url).toBe("/p");
    expect(headers).toMatchObject({
      host: ORIGIN,
      "user-agent": "Amazon CloudFront",
      "x-secret": "open sesame",
    });
    for (const name of ["cookie", "accept", "authorization", "accept-encoding", "x-custom"])
      expect(headers).not.toHaveProperty(name);
  });

  it("has all headers of the viewer with AllViewer", async () => {
    const { url, headers } = await seenByOrigin({ OriginRequestPolicyId: ALL_VIEWER }, sent);
    expect(url).toBe("/p?a=1&b=2");
    expect(headers).toMatchObject(sent);
    expect(headers.host).toMatch(/^localhost:\d+$/);
  });

  it("has a normalized Accept-Encoding and no conditions if the edge caches", async () => {
    const { headers } = await seenByOrigin({ CachePolicyId: CACHING_OPTIMIZED }, sent);
    expect(headers["accept-encoding"]).toBe("br,gzip");
    expect(headers).not.toHaveProperty("if-none-match");
  });

  it("has the selections of a custom policy", async () => {
    const { OriginRequestPolicy } = await world.call("CreateOriginRequestPolicy", {
      OriginRequestPolicyConfig: {
        Name: "mine",
        HeadersConfig: {
          HeaderBehavior: "whitelist",
          Headers: list("X-Custom", "CloudFront-Forwarded-Proto"),
        },
        CookiesConfig: { CookieBehavior: "whitelist", Cookies: list("b") },
        QueryStringsConfig: { QueryStringBehavior: "allExcept", QueryStrings: list("a") },
      },
    });
    const { url, headers } = await seenByOrigin(
      { OriginRequestPolicyId: OriginRequestPolicy.Id },
      { ...sent, "cloudfront-forwarded-proto": "forged" },
    );
    expect(url).toBe("/p?b=2");
    expect(headers).toMatchObject({ "x-custom": "1", cookie: "b=2", "cloudfront-forwarded-proto": "https" });
    expect(headers).not.toHaveProperty("accept");
  });

  it("follows an update of the policy", async () => {
    const policy = (...headers: string[]) => ({
      Name: "mine",
      HeadersConfig: { HeaderBehavior: "whitelist", Headers: list(...headers) },
      CookiesConfig: { CookieBehavior: "none" },
      QueryStringsConfig: { QueryStringBehavior: "none" },
    });
    const { OriginRequestPolicy, ETag } = await world.call("CreateOriginRequestPolicy", {
      OriginRequestPolicyConfig: policy("accept"),
    });
    const { Id } = OriginRequestPolicy;
    const { urls } = await world.distribute({
      DefaultCacheBehavior: behavior({ OriginRequestPolicyId: Id }),
    });
    const seen = async () => JSON.parse((await ask(urls[0]!, { headers: sent })).body).headers;
    expect(await seen()).not.toHaveProperty("x-custom");
    await world.call("UpdateOriginRequestPolicy", {
      Id,
      IfMatch: ETag,
      OriginRequestPolicyConfig: policy("x-custom"),
    });
    expect(await seen()).toMatchObject({ "x-custom": "1" });
  });

  it("never has the viewer's hop-by-hop headers", async () => {
    const { headers } = await seenByOrigin(
      {},
      { connection: "x-mine, close", "x-mine": "1", te: "trailers", "proxy-authorization": "x" },
    );
    for (const name of ["x-mine", "te", "proxy-authorization"]) expect(headers).not.toHaveProperty(name);
  });
});
