import type { DistributionConfig } from "@aws-sdk/client-cloudfront";
import { buildEdge } from "@lockstep/edge/build";
import { SERVED_HEADER, STATUS_PATH, VERSION_COOKIE, VERSION_HEADER } from "@lockstep/edge/names";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  ask,
  behavior,
  CACHING_OPTIMIZED,
  createWorld,
  customOrigin,
  list,
  s3Origin,
  type World,
} from "./world.ts";

const ONE = "20261122-101500-1f3a9c2";
const TWO = "20261123-090000-abcdef0";
const code = buildEdge({
  protect: true,
  windowSeconds: 86_400,
  whenGone: "current",
  hostSuffix: "shop.internal",
  mapParameter: "/lockstep/shop/version-map",
  mapRegion: "eu-west-1",
  mapTtlSeconds: 5,
  explain: true,
});

let world: World;
let url: string;
let KvsARN: string;
beforeEach(async () => {
  world = await createWorld();
  KvsARN = (await world.call("CreateKeyValueStore", { Name: "pointer" })).KeyValueStore.ARN;
  const pinDocument = await world.edgeFunction("viewer-request", code.pinDocument, KvsARN);
  const status = await world.edgeFunction("viewer-request", code.status, KvsARN);
  const stamp = await world.edgeFunction("viewer-response", code.stamp);
  const pinApi = await world.edgeFunction("viewer-request", code.pinApi);
  const { urls } = await world.distribute({
    Origins: list<object>(customOrigin(), s3Origin()) as DistributionConfig["Origins"],
    DefaultCacheBehavior: behavior({
      TargetOriginId: "web",
      CachePolicyId: CACHING_OPTIMIZED,
      OriginRequestPolicyId: undefined,
      FunctionAssociations: list(pinDocument, stamp),
    }),
    CacheBehaviors: list(
      behavior({ PathPattern: STATUS_PATH, FunctionAssociations: list(status) }),
      behavior({ PathPattern: "/api/*", FunctionAssociations: list(pinApi) }),
    ),
  });
  url = urls[0]!;
  for (const id of [ONE, TWO]) {
    world.objects.set(`builds/${id}/index.html`, {
      Body: Buffer.from(`<p>${id}`),
      ContentType: "text/html",
      CacheControl: "no-cache",
      ETag: `"${id}"`,
      Metadata: { "lockstep-version": id },
    });
  }
});
afterEach(() => world.close());

async function promote(id: string): Promise<void> {
  const { ETag } = await world.keys("DescribeKeyValueStore", { KvsARN });
  const status = JSON.stringify({ r: 1, current: id, floor: null, ending: {} });
  const Puts = [
    { Key: "current", Value: id },
    { Key: "status", Value: status },
  ];
  await world.keys("UpdateKeys", { KvsARN, Puts, IfMatch: ETag });
}

const document = { "sec-fetch-dest": "document", "sec-fetch-mode": "navigate", accept: "text/html" };

describe("Lockstep's own functions at a simulated edge", () => {
  it("give the current page with its cookie, deep links too, and news at once", async () => {
    for (const id of [ONE, TWO]) {
      await promote(id);
      for (const path of ["/", "/deep/link?q=1"]) {
        const { status, headers, body } = await ask(url + path, { headers: document });
        expect({ status, body }).toEqual({ status: 200, body: `<p>${id}` });
        expect(String(headers["set-cookie"])).toMatch(new RegExp(`^${VERSION_COOKIE}=${id}; `));
        expect(headers).not.toHaveProperty("x-amz-meta-lockstep-version");
      }
      expect(JSON.parse((await ask(url + STATUS_PATH)).body)).toMatchObject({ current: id });
    }
  });

  it("set no cookie on what is missing", async () => {
    await promote(ONE);
    const { status, headers } = await ask(`${url}/missing.js`, { headers: { "sec-fetch-dest": "script" } });
    expect(status).toBe(403);
    expect(headers).not.toHaveProperty("set-cookie");
  });

  it("send the page's pin on, and nothing that a viewer forges", async () => {
    world.origin.handler = (request, response) => response.end(JSON.stringify(request.headers));
    const headers = { [VERSION_HEADER]: ONE, [SERVED_HEADER]: TWO, cookie: `${VERSION_COOKIE}=${TWO}` };
    const seen = JSON.parse((await ask(`${url}/api/notes`, { headers })).body);
    expect(seen[VERSION_HEADER]).toBe(ONE);
    expect(seen).not.toHaveProperty(SERVED_HEADER);
  });
});
