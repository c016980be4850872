import type { DistributionConfig } from "@aws-sdk/client-cloudfront";
import { buildEdge, type EdgeSettings } from "@lockstep/edge/build";
import { encodePathTable } from "@lockstep/edge/encode-path-table";
import { FILE_PATTERN, HEARTBEAT_PATH, STATUS_PATH, VIEWER_PROTOCOL_HEADER } from "@lockstep/edge/names";
import { loadRoute } from "@lockstep/edge/test/load-route";
import { edgeSettings } from "@lockstep/edge/test/settings";
import { SsmStub } from "@lockstep/edge/test/ssm-stub";
import {
  behavior,
  CACHING_OPTIMIZED,
  createWorld,
  customOrigin,
  LAMBDA,
  list,
  s3Origin,
  type World,
} from "@lockstep/local/test/cloudfront";

export const ONE = "20261122-101500-1f3a9c2";
export const TWO = "20261123-090000-abcdef0";

/** Headers of a browser's page load. */
export const document = { "sec-fetch-dest": "document", "sec-fetch-mode": "navigate", accept: "text/html" };

/** A world whose distribution runs Lockstep's functions, with two versions in its bucket. */
export interface Shop {
  world: World;
  /** URL of the edge. */
  url: string;
  /** Moves the pointer, as a release does. */
  promote(id: string): Promise<void>;
  close(): Promise<void>;
}

export async function openShop(change: Partial<EdgeSettings> = {}): Promise<Shop> {
  const settings = { ...edgeSettings, ...change };
  const code = buildEdge(settings);
  const world = await createWorld();
  const ssm = new SsmStub();
  const versions = { [ONE]: { tg: "one" }, [TWO]: { tg: "two" } };
  ssm.answer = JSON.stringify({ r: 1, current: TWO, floor: null, suffix: "shop.internal", versions });
  const route = loadRoute(settings, await ssm.start(), () => {});
  world.lambda.handler = (event) => route(event);
  const KvsARN = (await world.call("CreateKeyValueStore", { Name: "pointer" })).KeyValueStore.ARN;
  const pinDocument = await world.edgeFunction("viewer-request", code.pinDocument, KvsARN);
  const pinFile = await world.edgeFunction("viewer-request", code.pinFile, KvsARN);
  const status = await world.edgeFunction("viewer-request", code.status, KvsARN);
  const stamp = await world.edgeFunction("viewer-response", code.stamp);
  const stampAnswer = await world.edgeFunction("viewer-response", code.stampAnswer);
  const heartbeat = await world.edgeFunction("viewer-response", code.heartbeat);
  const { OriginRequestPolicy } = await world.call("CreateOriginRequestPolicy", {
    OriginRequestPolicyConfig: serviceRequests("shop-services"),
  });
  const { ResponseHeadersPolicy } = await world.call("CreateResponseHeadersPolicy", {
    ResponseHeadersPolicyConfig: {
      Name: "shop-service-answers",
      RemoveHeadersConfig: list({ Header: "CDN-Cache-Control" }, { Header: "Surrogate-Control" }),
    },
  });
  const service = {
    ResponseHeadersPolicyId: ResponseHeadersPolicy.Id,
    OriginRequestPolicyId: OriginRequestPolicy.Id,
    LambdaFunctionAssociations: list({
      LambdaFunctionARN: LAMBDA,
      EventType: "origin-request",
      IncludeBody: false,
    }),
  };
  const files = {
    TargetOriginId: "web",
    CachePolicyId: CACHING_OPTIMIZED,
    OriginRequestPolicyId: undefined,
  };
  const { urls } = await world.distribute({
    Origins: list<object>(customOrigin(), s3Origin()) as DistributionConfig["Origins"],
    DefaultCacheBehavior: behavior({ ...files, FunctionAssociations: list(pinDocument, stamp) }),
    CacheBehaviors: list(
      behavior({ PathPattern: STATUS_PATH, FunctionAssociations: list(status) }),
      behavior({
        ...service,
        PathPattern: HEARTBEAT_PATH,
        AllowedMethods: list("GET", "HEAD"),
        FunctionAssociations: list(heartbeat),
      }),
      ...settings.paths.map((PathPattern) =>
        behavior({ ...service, PathPattern, FunctionAssociations: list(stampAnswer) }),
      ),
      behavior({ ...files, PathPattern: FILE_PATTERN, FunctionAssociations: list(pinFile, stamp) }),
    ),
  });
  for (const id of [ONE, TWO]) putBuild(world, id);
  return {
    world,
    url: urls[0]!,
    async promote(id) {
      const { ETag } = await world.keys("DescribeKeyValueStore", { KvsARN });
      const body = JSON.stringify({ r: 1, current: id, floor: null, ending: {} });
      const Puts = [
        { Key: "current", Value: id },
        { Key: "status", Value: body },
        ...Object.entries(encodePathTable(id, FILES)!).map(([Key, Value]) => ({ Key, Value })),
      ];
      await world.keys("UpdateKeys", { KvsARN, Puts, IfMatch: ETag });
    },
    async close() {
      await world.close();
      await ssm.close();
    },
  };
}

/** The origin request policy of services: everything that the viewer sent, and the viewer's protocol. */
export function serviceRequests(Name: string) {
  return {
    Name,
    HeadersConfig: {
      HeaderBehavior: "allViewerAndWhitelistCloudFront",
      Headers: list(VIEWER_PROTOCOL_HEADER),
    },
    CookiesConfig: { CookieBehavior: "all" },
    QueryStringsConfig: { QueryStringBehavior: "all" },
  };
}

const PUBLIC_FILES = ["favicon.ico", "robots.txt", "manifest.webmanifest"];
const FILES = ["index.html", ...PUBLIC_FILES];

/** Stores the files of a build as a release uploads them. Each page is long enough to be compressed. */
function putBuild(world: World, id: string): void {
  const filling = "<!-- long enough to be compressed -->\n".repeat(40);
  const put = (name: string, type: string, text: string, metadata?: Record<string, string>) =>
    world.objects.set(`builds/${id}/${name}`, {
      Body: Buffer.from(text),
      ContentType: type,
      CacheControl: "public, max-age=0, s-maxage=31536000, must-revalidate",
      ETag: `"${name}-${id}"`,
      ...(metadata && { Metadata: metadata }),
    });
  put("index.html", "text/html; charset=utf-8", `<!doctype html><title>${id}</title><p>${id}\n${filling}`, {
    "lockstep-version": id,
  });
  for (const name of PUBLIC_FILES) put(name, "text/plain", `${name} of ${id}`);
}
