import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask, behavior, CACHING_OPTIMIZED, createWorld, list, type World } from "./world.ts";

let world: World;
let fetched: string[];
beforeEach(async () => {
  world = await createWorld(2);
  fetched = [];
  world.origin.handler = (request, response) => {
    fetched.push(`${request.method} ${request.url}`);
    response.writeHead(200, { "cache-control": "max-age=60" }).end(`answer ${fetched.length}`);
  };
});
afterEach(() => world.close());

const caching = { CachePolicyId: CACHING_OPTIMIZED, OriginRequestPolicyId: undefined };

describe("the cache of an edge", () => {
  it("serves a stored response until it is stale", async () => {
    const { urls } = await world.distribute({ DefaultCacheBehavior: behavior(caching) });
    expect((await ask(`${urls[0]}/a`)).headers["x-cache"]).toBe("Miss from cloudfront");
    world.clock.now += 59_000;
    expect(await ask(`${urls[0]}/a?ignored`)).toMatchObject({
      body: "answer 1",
      headers: { "x-cache": "Hit from cloudfront", age: "59" },
    });
    world.clock.now += 1_000;
    expect((await ask(`${urls[0]}/a`)).body).toBe("answer 2");
  });

  it("is separate for each edge", async () => {
    const { urls } = await world.distribute({ DefaultCacheBehavior: behavior(caching) });
    await ask(`${urls[0]}/a`);
    expect((await ask(`${urls[1]}/a`)).body).toBe("answer 2");
  });

  it("serves HEAD from GET, but never GET from HEAD", async () => {
    const { urls } = await world.distribute({ DefaultCacheBehavior: behavior(caching) });
    await ask(`${urls[0]}/a`, { method: "HEAD" });
    expect(await ask(`${urls[0]}/a`)).toMatchObject({ body: "answer 2" });
    expect(await ask(`${urls[0]}/a`, { method: "HEAD" })).toMatchObject({
      body: "",
      headers: { "x-cache": "Hit from cloudfront" },
    });
    expect(fetched).toEqual(["HEAD /a", "GET /a"]);
  });

  it("stores only responses to GET and HEAD, and no success if caching is disabled", async () => {
    const { urls } = await world.distribute({
      DefaultCacheBehavior: behavior(caching),
      CacheBehaviors: list(behavior({ PathPattern: "/api/*" })),
    });
    for (const path of ["/a", "/a"]) await ask(`${urls[0]}${path}`, { method: "POST" });
    for (const path of ["/api/a", "/api/a"]) await ask(`${urls[0]}${path}`);
    expect(fetched).toHaveLength(4);
  });

  it("keeps an error for ten seconds even if caching is disabled, and not at all if the distribution configures 0", async () => {
    world.origin.handler = (request, response) => {
      fetched.push(request.url!);
      response.writeHead(Number(request.url!.slice(1))).end();
    };
    const { urls } = await world.distribute({
      CustomErrorResponses: list({ ErrorCode: 503, ErrorCachingMinTTL: 0 }),
    });
    for (const path of ["/500", "/500", "/503", "/503", "/409", "/409"]) await ask(`${urls[0]}${path}`);
    expect(fetched).toEqual(["/500", "/503", "/503", "/409", "/409"]);
    world.clock.now += 10_000;
    expect((await ask(`${urls[0]}/500`)).headers["x-cache"]).toBe("Error from cloudfront");
    expect(fetched).toHaveLength(6);
  });

  it("sends one request to the origin for concurrent requests with one key", async () => {
    const { urls } = await world.distribute({ DefaultCacheBehavior: behavior(caching) });
    const held = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    world.origin.handler = async (request, response) => {
      fetched.push(request.url!);
      arrived.resolve();
      await held.promise;
      response.writeHead(200, { "cache-control": "max-age=60" }).end("one");
    };
    const first = ask(`${urls[0]}/slow`);
    await arrived.promise;
    const others = [1, 2, 3].map(() => ask(`${urls[0]}/slow`));
    held.resolve();
    const bodies = (await Promise.all([first, ...others])).map(({ body }) => body);
    expect(bodies).toEqual(["one", "one", "one", "one"]);
    expect(fetched.filter((url) => url === "/slow")).toHaveLength(1);
  });

  it("uses the path after the function as key and for invalidations", async () => {
    const rewrite = await world.edgeFunction(
      "viewer-request",
      "function handler(e) { e.request.uri = '/builds/v1' + e.request.uri; return e.request; }",
    );
    const { id, urls } = await world.distribute({
      DefaultCacheBehavior: behavior({ ...caching, FunctionAssociations: list(rewrite) }),
    });
    const invalidate = (path: string) =>
      world.call("CreateInvalidation", {
        DistributionId: id,
        InvalidationBatch: { CallerReference: path, Paths: list(path) },
      });
    await ask(`${urls[0]}/a`);
    await invalidate("/a");
    expect((await ask(`${urls[0]}/a`)).body).toBe("answer 1");
    await invalidate("/builds/*");
    expect((await ask(`${urls[0]}/a`)).body).toBe("answer 2");
  });

  it("sends a stored Set-Cookie to every viewer", async () => {
    world.origin.handler = (_, response) =>
      response.writeHead(200, { "cache-control": "max-age=60", "set-cookie": "mine=1" }).end();
    const { urls } = await world.distribute({ DefaultCacheBehavior: behavior(caching) });
    await ask(urls[0]!);
    expect(await ask(urls[0]!)).toMatchObject({
      headers: { "x-cache": "Hit from cloudfront", "set-cookie": ["mine=1"] },
    });
  });
});
