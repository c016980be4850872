import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { DistributionConfig, FunctionAssociation } from "@aws-sdk/client-cloudfront";
import { AwsError } from "../../src/aws-error.ts";
import { Cloud } from "../../src/cloud.ts";
import { type CloudFrontService, createCloudFront } from "../../src/services/cloudfront/cloudfront.ts";
import { createKeyValueStore } from "../../src/services/cloudfront-keyvaluestore/cloudfront-keyvaluestore.ts";

export const ORIGIN = "origin.example.com";
export const BUCKET = "web";
export const LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:route:1";
export const CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6";
const CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
export const ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3";

const scope = { region: "us-east-1" };

interface StoredObject {
  Body: Uint8Array;
  ContentType?: string;
  CacheControl?: string;
  ETag?: string;
  LastModified?: Date;
  Metadata?: Record<string, string>;
}

type EdgeHandler = (event: any, edge: string) => unknown;

/** A cloud with CloudFront, a custom origin on a real socket, and minimal S3 and Lambda. */
export interface World {
  cloud: Cloud;
  cloudfront: CloudFrontService;
  /** The cloud's clock, in milliseconds since the epoch. Tests advance it. */
  clock: { now: number };
  objects: Map<string, StoredObject>;
  bucket: { policy: string | undefined };
  lambda: { handler: EdgeHandler; calls: any[]; configuration: Record<string, unknown> };
  origin: {
    handler: (request: IncomingMessage, response: ServerResponse) => void;
    server: Server;
    requests: IncomingMessage[];
  };
  logs: string[];
  call(action: string, input: unknown): Promise<any>;
  keys(action: string, input: unknown): Promise<any>;
  /** Creates and publishes a function. Returns its association. */
  edgeFunction(
    event: "viewer-request" | "viewer-response",
    code: string,
    kvs?: string,
  ): Promise<FunctionAssociation>;
  /** Creates a distribution. Returns its id, its ARN and the URLs of its edges. */
  distribute(config: Partial<DistributionConfig>): Promise<{ id: string; arn: string; urls: string[] }>;
  close(): Promise<void>;
}

export async function createWorld(edges = 1): Promise<World> {
  const clock = { now: Date.parse("2026-11-23T10:00:00Z") };
  const logs: string[] = [];
  const cloud = new Cloud({ stateDir: "/nowhere", now: () => clock.now, log: (line) => logs.push(line) });
  const cloudfront = createCloudFront(cloud, { ports: Array.from({ length: edges }, () => 0) });
  cloud.register("cloudfront", cloudfront);
  cloud.register("cloudfront-keyvaluestore", createKeyValueStore(cloud));
  const { objects, bucket } = registerS3(cloud);
  const lambda = registerLambda(cloud);
  const origin = await startOrigin(cloud);
  const call = (action: string, input: unknown) => cloud.call<any>("cloudfront", action, input, scope);
  let functions = 0;
  return {
    cloud,
    cloudfront,
    clock,
    objects,
    bucket,
    lambda,
    origin,
    logs,
    call,
    keys: (action, input) => cloud.call("cloudfront-keyvaluestore", action, input, scope),
    async edgeFunction(EventType, code, kvs) {
      const Name = `function-${++functions}`;
      const associations =
        kvs === undefined ? { Quantity: 0 } : { Quantity: 1, Items: [{ KeyValueStoreARN: kvs }] };
      const { ETag, FunctionSummary } = await call("CreateFunction", {
        Name,
        FunctionConfig: {
          Comment: "",
          Runtime: "cloudfront-js-2.0",
          KeyValueStoreAssociations: associations,
        },
        FunctionCode: Buffer.from(code),
      });
      await call("PublishFunction", { Name, IfMatch: ETag });
      return { EventType, FunctionARN: FunctionSummary.FunctionMetadata.FunctionARN };
    },
    async distribute(config) {
      const { Distribution } = await call("CreateDistribution", {
        DistributionConfig: distributionConfig(config),
      });
      const { urls } = cloudfront.distributions().find(({ id }) => id === Distribution.Id)!;
      return { id: Distribution.Id, arn: Distribution.ARN, urls };
    },
    async close() {
      await cloud.close();
      const closed = new Promise((resolve) => origin.server.close(resolve));
      origin.server.closeAllConnections();
      await closed;
    },
  };
}

/** Returns a configuration that forwards every request unchanged to the custom origin and caches nothing. */
export function distributionConfig(config: Partial<DistributionConfig>): DistributionConfig {
  return {
    CallerReference: String(Math.random()),
    Comment: "",
    Enabled: true,
    Origins: { Quantity: 2, Items: [customOrigin(), s3Origin()] },
    DefaultCacheBehavior: behavior({}),
    ...config,
  };
}

export function behavior(config: Record<string, any>): any {
  const methods = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"];
  return {
    TargetOriginId: "api",
    ViewerProtocolPolicy: "redirect-to-https",
    AllowedMethods: { Quantity: 7, Items: methods, CachedMethods: { Quantity: 2, Items: ["GET", "HEAD"] } },
    CachePolicyId: CACHING_DISABLED,
    OriginRequestPolicyId: ALL_VIEWER,
    Compress: true,
    ...config,
  };
}

export function list<Item>(...items: Item[]) {
  return { Quantity: items.length, Items: items };
}

export function customOrigin() {
  return {
    Id: "api",
    DomainName: ORIGIN,
    OriginPath: "",
    CustomHeaders: list({ HeaderName: "x-secret", HeaderValue: "open sesame" }),
    CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: "http-only" as const },
  };
}

export function s3Origin(config = {}) {
  return {
    Id: "web",
    DomainName: `${BUCKET}.s3.eu-west-1.amazonaws.com`,
    S3OriginConfig: { OriginAccessIdentity: "" },
    ...config,
  };
}

function registerS3(cloud: Cloud) {
  const objects = new Map<string, StoredObject>();
  const publicRead = {
    Effect: "Allow",
    Principal: "*",
    Action: "s3:GetObject",
    Resource: `arn:aws:s3:::${BUCKET}/*`,
  };
  const bucket: { policy: string | undefined } = { policy: JSON.stringify({ Statement: [publicRead] }) };
  cloud.register("s3", {
    actions: {
      GetObject: ({ Key }: { Key: string }) => {
        const object = objects.get(Key);
        if (object === undefined) throw new AwsError("NoSuchKey", "The specified key does not exist.", 404);
        return object;
      },
      GetBucketPolicy: () => {
        if (bucket.policy === undefined) throw new AwsError("NoSuchBucketPolicy", "No policy.", 404);
        return { Policy: bucket.policy };
      },
    },
  });
  return { objects, bucket };
}

function registerLambda(cloud: Cloud) {
  const lambda: World["lambda"] = {
    handler: (event) => event.Records[0].cf.request,
    calls: [],
    configuration: { Runtime: "nodejs24.x", Architectures: ["x86_64"] },
  };
  cloud.register("lambda", {
    actions: {
      GetFunction: () => ({ Configuration: lambda.configuration }),
      InvokeEdge: async (input: { FunctionArn: string; Edge: string; Event: any }) => {
        lambda.calls.push(structuredClone(input));
        try {
          return await lambda.handler(structuredClone(input.Event), input.Edge);
        } catch (error) {
          throw new AwsError("LambdaFailed", String(error));
        }
      },
    },
  });
  return lambda;
}

async function startOrigin(cloud: Cloud): Promise<World["origin"]> {
  const server = createServer((request, response) => {
    origin.requests.push(request);
    origin.handler(request, response);
  });
  const origin: World["origin"] = {
    handler: (_, response) => response.end("from origin"),
    server,
    requests: [],
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cloud.listenerPorts.set(`${ORIGIN}:80`, (server.address() as AddressInfo).port);
  return origin;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Sends a request as given: no decompression, no redirects, no added headers. */
export async function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string | string[]>; body?: string } = {},
): Promise<Answer> {
  const { request } = await import("node:http");
  return new Promise((resolve, reject) => {
    const { method = "GET", headers = {}, body } = options;
    const outgoing = request(url, { method, headers, agent: false, path: pathOf(url) }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("latin1"),
        }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Returns the path and query of a URL unchanged. `URL` would resolve dot segments. */
function pathOf(url: string): string {
  return url.replace(/^https?:\/\/[^/]*/, "") || "/";
}
