import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask, behavior, createWorld, LAMBDA, list, type World } from "./world.ts";

let world: World;
let urls: string[];
beforeEach(async () => {
  world = await createWorld(2);
  world.origin.handler = (request, response) =>
    response.end(JSON.stringify({ url: request.url, headers: request.headers }));
  ({ urls } = await world.distribute({
    DefaultCacheBehavior: behavior({
      LambdaFunctionAssociations: list({
        EventType: "origin-request",
        LambdaFunctionARN: LAMBDA,
        IncludeBody: false,
      }),
    }),
  }));
});
afterEach(() => world.close());

describe("Lambda@Edge at origin-request", () => {
  it("sees the viewer's Host with AllViewer, and can replace it", async () => {
    world.lambda.handler = (event) => {
      const { request } = event.Records[0].cf;
      request.headers["x-seen"] = [{ key: "X-Seen", value: request.headers.host[0].value }];
      request.headers.host = [{ key: "Host", value: "v1.shop.internal" }];
      return request;
    };
    const { headers } = JSON.parse((await ask(urls[0]!)).body);
    expect(headers.host).toBe("v1.shop.internal");
    expect(`http://${headers["x-seen"]}`).toBe(urls[0]);
    expect(headers["x-secret"]).toBe("open sesame");
  });

  it("is called with the name of the edge", async () => {
    await ask(urls[0]!);
    await ask(urls[1]!);
    expect(world.lambda.calls.map(({ Edge, FunctionArn }) => [Edge, FunctionArn])).toEqual([
      ["edge-1", LAMBDA],
      ["edge-2", LAMBDA],
    ]);
  });

  it("gets one cookie header, the viewer's address, and no forged secret", async () => {
    await ask(`${urls[0]}/x?q=1`, {
      headers: {
        cookie: "a=1; b=2",
        "x-secret": "forged",
        "x-forwarded-for": "192.0.2.9",
        "x-forwarded-proto": "gopher",
      },
    });
    const { request } = world.lambda.calls[0].Event.Records[0].cf;
    expect(request).toMatchObject({ clientIp: "127.0.0.1", uri: "/x", querystring: "q=1" });
    expect(request.headers.cookie).toEqual([{ key: "Cookie", value: "a=1; b=2" }]);
    expect(request.headers["x-forwarded-for"]).toEqual([
      { key: "X-Forwarded-For", value: "192.0.2.9, 127.0.0.1" },
    ]);
    expect(request.headers["user-agent"]).toEqual([{ key: "User-Agent", value: "Amazon CloudFront" }]);
    expect(request.headers.via[0].value).toMatch(/^1\.1 d\w+\.cloudfront\.net \(CloudFront\)$/);
    expect(request.headers).not.toHaveProperty("x-secret");
    expect(request.headers).not.toHaveProperty("x-forwarded-proto");
    expect(request.origin.custom.customHeaders["x-secret"][0].value).toBe("open sesame");
  });

  it("can respond without the origin", async () => {
    world.lambda.handler = () => ({
      status: "409",
      headers: { "content-type": [{ key: "Content-Type", value: "application/problem+json" }] },
      body: "{}",
    });
    const { status, headers, body } = await ask(urls[0]!);
    expect({ status, body }).toEqual({ status: 409, body: "{}" });
    expect(headers).toMatchObject({
      "content-type": "application/problem+json",
      "x-cache": "LambdaGeneratedResponse from cloudfront",
    });
    expect(world.origin.requests).toHaveLength(0);
  });

  it("is a 503 if it throws, and a 502 if it edits a read-only header", async () => {
    world.lambda.handler = () => {
      throw new Error("boom");
    };
    expect(await ask(`${urls[0]}/a`)).toMatchObject({
      status: 503,
      headers: { "x-cache": "LambdaExecutionError from cloudfront" },
    });
    world.lambda.handler = (event) => {
      const { request } = event.Records[0].cf;
      request.headers.via = [{ key: "Via", value: "me" }];
      return request;
    };
    expect(await ask(`${urls[0]}/b`)).toMatchObject({
      status: 502,
      headers: { "x-cache": "LambdaValidationError from cloudfront" },
    });
    expect(world.origin.requests).toHaveLength(0);
  });

  it("is refused if it has environment variables or is not a numbered version", async () => {
    const distribute = (arn: string) =>
      world.distribute({
        DefaultCacheBehavior: behavior({
          LambdaFunctionAssociations: list({ EventType: "origin-request", LambdaFunctionARN: arn }),
        }),
      });
    await expect(distribute(LAMBDA.replace(/:1$/, ":$LATEST"))).rejects.toMatchObject({
      code: "InvalidLambdaFunctionAssociation",
    });
    world.lambda.configuration = { Runtime: "nodejs24.x", Environment: { Variables: { A: "1" } } };
    await expect(distribute(LAMBDA)).rejects.toMatchObject({ code: "InvalidLambdaFunctionAssociation" });
  });
});
