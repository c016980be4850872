import { createHash } from "node:crypto";
import type { ApplicationAutoScalingClient } from "@aws-sdk/client-application-auto-scaling";
import type { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import type { CloudFrontKeyValueStoreClient } from "@aws-sdk/client-cloudfront-keyvaluestore";
import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { ECRClient } from "@aws-sdk/client-ecr";
import type { ECSClient } from "@aws-sdk/client-ecs";
import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { ResourceGroupsTaggingAPIClient } from "@aws-sdk/client-resource-groups-tagging-api";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SSMClient } from "@aws-sdk/client-ssm";
import { createFakeResources, resourceActions } from "./fake-resources.ts";

/** Ends a run like kill -9: nothing after it happens. */
export class Killed extends Error {
  override readonly name = "Killed";
}

export interface StoredObject {
  body: string;
  etag: string;
  at: number;
  input: Record<string, any>;
}

/**
 * Answers the calls of the lifecycle from state in memory, with the rules of S3 and the KeyValueStore for ETags.
 * `onCall` can observe each call, make it fail, or kill the run before or after it.
 */
export function createFakeAws({ now = () => 0 }: { now?: () => number } = {}) {
  const objects = new Map<string, StoredObject>();
  const fake = {
    ...createFakeResources(),
    objects,
    parameter: undefined as string | undefined,
    keys: new Map<string, string>(),
    kvsEtag: 1,
    stacks: new Map<string, string>(),
    services: new Map<string, { desired: number; running: number }>(),
    /** Target group name → requests, or the answer to return instead. */
    metrics: undefined as undefined | ((input: any) => any),
    /** Detail type and detail of every event on the bus. */
    events: [] as [type: string, detail: Record<string, unknown>][],
    calls: [] as string[],
    /** Runs around every call; throws to kill. */
    onCall: undefined as
      | undefined
      | ((phase: "before" | "after", name: string, input: any) => void | Promise<void>),
    pageSize: 1000,
    clients: undefined as unknown as FakeClients,
  };
  const send = (service: string) => ({
    async send(command: { input: any; constructor: { name: string } }) {
      const name = `${service}:${command.constructor.name.replace(/Command$/, "")}`;
      fake.calls.push(name);
      await fake.onCall?.("before", name, command.input);
      const action = actions[name];
      if (action === undefined) throw new Error(`The fake AWS does not know ${name}.`);
      const result = action(command.input);
      await fake.onCall?.("after", name, command.input);
      return result;
    },
  });
  const key = ({ Bucket, Key }: any) => `${Bucket}/${Key}`;

  const actions: Record<string, (input: any) => any> = {
    "s3:GetObject": (input) => {
      const object = objects.get(key(input));
      if (object === undefined) throw awsError("NoSuchKey", 404);
      return {
        ETag: object.etag,
        LastModified: new Date(object.at),
        Body: {
          transformToString: async () => object.body,
          transformToByteArray: async () => object.input.Body,
        },
      };
    },
    "s3:HeadObject": (input) => {
      const object = objects.get(key(input));
      if (object === undefined) throw awsError("NotFound", 404);
      const { CacheControl, ContentEncoding, Metadata, ContentType } = object.input;
      const ContentLength = Buffer.byteLength(object.body);
      return { ContentLength, CacheControl, ContentEncoding, Metadata, ContentType };
    },
    "s3:PutObject": (input) => {
      const there = objects.get(key(input));
      if (input.IfNoneMatch === "*" && there !== undefined) throw awsError("PreconditionFailed", 412);
      if (input.IfMatch !== undefined && there?.etag !== input.IfMatch)
        throw there === undefined ? awsError("NoSuchKey", 404) : awsError("PreconditionFailed", 412);
      const body = String(input.Body);
      const etag = `"${createHash("md5").update(input.Body).digest("hex")}"`;
      objects.set(key(input), { body, etag, at: now(), input });
      return { ETag: etag };
    },
    "s3:DeleteObject": (input) => {
      const there = objects.get(key(input));
      if (input.IfMatch !== undefined && there?.etag !== input.IfMatch)
        throw there === undefined ? awsError("NoSuchKey", 404) : awsError("PreconditionFailed", 412);
      objects.delete(key(input));
      return {};
    },
    "s3:DeleteObjects": ({ Bucket, Delete }) => {
      for (const { Key } of Delete.Objects) objects.delete(`${Bucket}/${Key}`);
      return {};
    },
    "s3:ListObjectsV2": ({ Bucket, Prefix, Delimiter, ContinuationToken }) => {
      if (Delimiter !== undefined) return { CommonPrefixes: foldersIn(`${Bucket}/`, Prefix) };
      const all = [...objects.keys()].filter((name) => name.startsWith(`${Bucket}/${Prefix}`)).sort();
      const start = Number(ContinuationToken ?? 0);
      const page = all.slice(start, start + fake.pageSize);
      return {
        Contents: page.map((name) => ({
          Key: name.slice(Bucket.length + 1),
          ETag: objects.get(name)!.etag,
          LastModified: new Date(objects.get(name)!.at),
        })),
        NextContinuationToken: start + page.length < all.length ? String(start + page.length) : undefined,
      };
    },
    "ssm:GetParameter": () => ({ Parameter: { Value: fake.parameter } }),
    "ssm:PutParameter": ({ Value }) => {
      fake.parameter = Value;
      return {};
    },
    "kvs:DescribeKeyValueStore": () => ({ ETag: String(fake.kvsEtag) }),
    "kvs:GetKey": ({ Key }) => {
      if (!fake.keys.has(Key)) throw awsError("ResourceNotFoundException", 404);
      return { Key, Value: fake.keys.get(Key) };
    },
    "kvs:UpdateKeys": ({ IfMatch, Puts = [], Deletes = [] }) => {
      if (IfMatch !== String(fake.kvsEtag)) throw awsError("ConflictException", 409);
      for (const { Key, Value } of Puts) fake.keys.set(Key, Value);
      for (const { Key } of Deletes) fake.keys.delete(Key);
      fake.kvsEtag++;
      return {};
    },
    "events:PutEvents": ({ Entries }) => {
      fake.events.push(...Entries.map(({ DetailType, Detail }: any) => [DetailType, JSON.parse(Detail)]));
      return { FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: "1" })) };
    },
    "cloudwatch:GetMetricData": (input) =>
      fake.metrics?.(input) ?? {
        MetricDataResults: input.MetricDataQueries.map(({ Id }: any) => ({
          Id,
          StatusCode: "Complete",
          Timestamps: [],
          Values: [],
        })),
      },
    "ecs:DescribeServices": ({ services }) => ({
      services: services
        .filter((name: string) => fake.services.has(name))
        .map((name: string) => ({
          serviceName: name,
          status: "ACTIVE",
          desiredCount: fake.services.get(name)!.desired,
          runningCount: fake.services.get(name)!.running,
          pendingCount: 0,
        })),
    }),
    "ecs:UpdateService": ({ service, desiredCount }) => {
      if (!fake.services.has(service)) throw awsError("ServiceNotFoundException", 400);
      if (desiredCount === undefined) return {};
      fake.services.set(service, { desired: desiredCount, running: desiredCount });
      return {};
    },
    "cloudformation:DeleteStack": ({ StackName }) => {
      const id = StackName.slice(-23);
      fake.services.delete(id);
      fake.stacks.delete(StackName);
      return {};
    },
    "cloudformation:DescribeStacks": ({ StackName }) => {
      if (StackName === undefined)
        return {
          Stacks: [...fake.stacks].map(([name, StackStatus]) => ({
            StackName: name,
            StackStatus,
            Tags: [
              { Key: "lockstep:app", Value: name.slice(0, name.indexOf("-v-")) },
              { Key: "lockstep:version", Value: name.slice(-23) },
            ],
          })),
        };
      const StackStatus = fake.stacks.get(StackName);
      if (StackStatus === undefined)
        throw awsError("ValidationError", 400, `Stack with id ${StackName} does not exist`);
      return { Stacks: [{ StackName, StackStatus }] };
    },
    "cloudformation:DescribeStackEvents": () => ({ StackEvents: [] }),
    ...resourceActions(fake, fake.stacks, fake.services),
  };
  const foldersIn = (bucket: string, prefix: string) => {
    const below = [...objects.keys()].filter((name) => name.startsWith(bucket + prefix));
    const folders = below.map((name) => name.slice(bucket.length).split("/").slice(0, 2).join("/"));
    return [...new Set(folders)].map((folder) => ({ Prefix: `${folder}/` }));
  };
  fake.clients = {
    s3: send("s3"),
    ssm: send("ssm"),
    keyValueStore: send("kvs"),
    cloudwatch: send("cloudwatch"),
    ecs: send("ecs"),
    cloudformation: send("cloudformation"),
    elb: send("elb"),
    events: send("events"),
    logs: send("logs"),
    autoscaling: send("autoscaling"),
    ecr: send("ecr"),
    tagging: send("tagging"),
  } as unknown as FakeClients;
  return fake;
}

export interface FakeClients {
  s3: S3Client;
  ssm: SSMClient;
  keyValueStore: CloudFrontKeyValueStoreClient;
  cloudwatch: CloudWatchClient;
  ecs: ECSClient;
  cloudformation: CloudFormationClient;
  elb: ElasticLoadBalancingV2Client;
  events: EventBridgeClient;
  logs: CloudWatchLogsClient;
  autoscaling: ApplicationAutoScalingClient;
  ecr: ECRClient;
  tagging: ResourceGroupsTaggingAPIClient;
}

export function awsError(name: string, httpStatusCode: number, message = name): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}
