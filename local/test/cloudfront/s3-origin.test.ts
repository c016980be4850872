import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  ALL_VIEWER,
  ask,
  BUCKET,
  behavior,
  CACHING_OPTIMIZED,
  createWorld,
  list,
  s3Origin,
  type World,
} from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await createWorld();
  world.objects.set("index.html", {
    Body: Buffer.from("<p>hello</p>".repeat(200)),
    ContentType: "text/html",
    CacheControl: "max-age=60",
    ETag: '"e1"',
    LastModified: new Date("2026-11-20T00:00:00Z"),
    Metadata: { "build-version": "v1" },
  });
});
afterEach(() => world.close());

const web = { TargetOriginId: "web", CachePolicyId: CACHING_OPTIMIZED, OriginRequestPolicyId: undefined };

async function distribute(change = {}, origin = s3Origin()) {
  const { urls, arn } = await world.distribute({
    Origins: list(origin),
    DefaultRootObject: "index.html",
    DefaultCacheBehavior: behavior({ ...web, ...change }),
  });
  return { url: urls[0]!, arn };
}

describe("an S3 origin", () => {
  it("returns an object with its metadata, first from S3, then from the cache", async () => {
    const { url } = await distribute();
    for (const cacheResult of ["Miss", "Hit"]) {
      const { status, headers, body } = await ask(`${url}/index.html`);
      expect({ status, bytes: body.length }).toEqual({ status: 200, bytes: 2400 });
      expect(headers).toMatchObject({
        "content-type": "text/html",
        etag: '"e1"',
        "x-amz-meta-build-version": "v1",
        "x-cache": `${cacheResult} from cloudfront`,
      });
    }
  });

  it("returns the default root object only at the root", async () => {
    const { url } = await distribute();
    expect((await ask(url)).status).toBe(200);
    expect((await ask(`${url}/folder/`)).status).toBe(403);
  });

  it("reads + in a path as a space, as S3 does, and %2B as +", async () => {
    const { url } = await distribute();
    world.objects.set("a+b.txt", { Body: Buffer.from("plus") });
    world.objects.set("c d.txt", { Body: Buffer.from("space") });
    expect((await ask(`${url}/a+b.txt`)).status).toBe(403);
    expect(await ask(`${url}/a%2Bb.txt`)).toMatchObject({ status: 200, body: "plus" });
    for (const path of ["/c+d.txt", "/c%20d.txt"])
      expect(await ask(url + path)).toMatchObject({ status: 200, body: "space" });
  });

  it("compresses if the viewer accepts it, and weakens the validator", async () => {
    const { url } = await distribute();
    const brotli = await ask(`${url}/index.html`, { headers: { "accept-encoding": "gzip, br" } });
    expect(brotli.headers).toMatchObject({
      "content-encoding": "br",
      etag: 'W/"e1"',
      vary: "Accept-Encoding",
    });
    expect(brotliDecompressSync(Buffer.from(brotli.body, "latin1")).length).toBe(2400);
    const gzip = await ask(`${url}/index.html`, { headers: { "accept-encoding": "gzip" } });
    expect(gunzipSync(Buffer.from(gzip.body, "latin1")).length).toBe(2400);
  });

  it("answers 304 for a fresh copy, without the object's metadata", async () => {
    const { url } = await distribute();
    const byTag = await ask(`${url}/index.html`, { headers: { "if-none-match": '"e0", W/"e1"' } });
    expect(byTag).toMatchObject({
      status: 304,
      body: "",
      headers: { etag: '"e1"', "cache-control": "max-age=60" },
    });
    expect(byTag.headers).not.toHaveProperty("x-amz-meta-build-version");
    const byDate = await ask(`${url}/index.html`, {
      headers: { "if-modified-since": "Fri, 20 Nov 2026 00:00:00 GMT" },
    });
    expect(byDate.status).toBe(304);
  });

  it.each([
    ["bytes=0-2", 206, "bytes 0-2/2400", "<p>"],
    ["bytes=-4", 206, "bytes 2396-2399/2400", "</p>"],
    ["bytes=2396-9999", 206, "bytes 2396-2399/2400", "</p>"],
    ["bytes=2400-", 416, "bytes */2400", ""],
  ])("answers the range %s with %s", async (range, status, contentRange, body) => {
    const { url } = await distribute();
    expect(await ask(`${url}/index.html`, { headers: { range } })).toMatchObject({
      status,
      body,
      headers: { "content-range": contentRange },
    });
  });

  it("allows only the distribution whose ARN the bucket policy names", async () => {
    const { OriginAccessControl } = await world.call("CreateOriginAccessControl", {
      OriginAccessControlConfig: {
        Name: "web",
        SigningProtocol: "sigv4",
        SigningBehavior: "always",
        OriginAccessControlOriginType: "s3",
      },
    });
    const origin = s3Origin({ OriginAccessControlId: OriginAccessControl.Id });
    const { url, arn } = await distribute({}, origin);
    const other = await distribute({}, origin);
    const allow = (Action: string, Resource: string) => ({
      Effect: "Allow",
      Principal: { Service: "cloudfront.amazonaws.com" },
      Action,
      Resource,
      Condition: { StringEquals: { "AWS:SourceArn": arn } },
    });
    const read = allow("s3:GetObject", `arn:aws:s3:::${BUCKET}/*`);
    world.bucket.policy = JSON.stringify({ Statement: [read] });
    expect((await ask(`${url}/index.html`)).status).toBe(200);
    expect((await ask(`${other.url}/index.html`)).status).toBe(403);
    expect((await ask(`${url}/missing`)).status).toBe(403);
    world.bucket.policy = JSON.stringify({
      Statement: [read, allow("s3:ListBucket", `arn:aws:s3:::${BUCKET}`)],
    });
    expect((await ask(`${url}/missing-2`)).status).toBe(404);
    world.bucket.policy = undefined;
    expect((await ask(`${url}/index.html?`, { headers: { "accept-encoding": "br" } })).status).toBe(403);
  });

  it("refuses the signature if the viewer's Host is forwarded", async () => {
    const { OriginAccessControl } = await world.call("CreateOriginAccessControl", {
      OriginAccessControlConfig: {
        Name: "web",
        SigningProtocol: "sigv4",
        SigningBehavior: "always",
        OriginAccessControlOriginType: "s3",
      },
    });
    const { url } = await distribute(
      { OriginRequestPolicyId: ALL_VIEWER },
      s3Origin({ OriginAccessControlId: OriginAccessControl.Id }),
    );
    const { status, body } = await ask(`${url}/index.html`);
    expect(status).toBe(403);
    expect(body).toContain("SignatureDoesNotMatch");
  });

  it("returns the headers that a response headers policy sets, without those that it removes", async () => {
    const { ResponseHeadersPolicy } = await world.call("CreateResponseHeadersPolicy", {
      ResponseHeadersPolicyConfig: {
        Name: "mine",
        CustomHeadersConfig: list(
          { Header: "Cache-Control", Value: "no-cache", Override: true },
          { Header: "X-A", Value: "1", Override: false },
        ),
        RemoveHeadersConfig: list({ Header: "x-amz-meta-build-version" }),
        SecurityHeadersConfig: {
          StrictTransportSecurity: { Override: true, AccessControlMaxAgeSec: 60, IncludeSubdomains: true },
        },
      },
    });
    const { url } = await distribute({ ResponseHeadersPolicyId: ResponseHeadersPolicy.Id });
    const { headers } = await ask(`${url}/index.html`);
    expect(headers).toMatchObject({
      "cache-control": "no-cache",
      "x-a": "1",
      "strict-transport-security": "max-age=60; includeSubDomains",
    });
    expect(headers).not.toHaveProperty("x-amz-meta-build-version");
  });
});
