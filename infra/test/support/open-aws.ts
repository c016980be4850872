import { cloudInMemory, type ServiceName, sdkClients, textOf, VirtualTime } from "@lockstep/local/in-memory";
import type { AwsClients } from "../../src/aws/clients.ts";
import type { PlatformOutputs } from "../../src/base/outputs.ts";
import { createPlatform, REGION, REPOSITORY } from "./create-platform.ts";

/** Ends a run as kill -9 does: no further call reaches AWS. */
export class Killed extends Error {
  override readonly name = "Killed";
}

const STARTS_AT = Date.UTC(2027, 0, 15, 8);

export type Aws = Awaited<ReturnType<typeof openAws>>;

/**
 * Opens the local AWS in memory with a deployed platform. The calls of `clients` are counted, and `onCall` can watch them,
 * change their input, or fail them. The other functions read and write AWS directly.
 *
 * @param now start of the virtual time, in milliseconds since the epoch
 */
export async function openAws({ now = STARTS_AT }: { now?: number } = {}) {
  const time = new VirtualTime(now);
  const { cloud } = cloudInMemory(time);
  const outputs: PlatformOutputs = await time.until(() => createPlatform(cloud));
  const call = <Output = any>(service: ServiceName, action: string, input: object): Promise<Output> =>
    cloud.call(service, action, input, { region: REGION });
  const aws = {
    time,
    outputs,
    call,
    /** Calls of `clients`, as `<service>:<action>`. */
    calls: [] as string[],
    /** Called around every call of `clients`. Throws to fail the call, or to lose its answer. */
    onCall: undefined as
      | undefined
      | ((phase: "before" | "after", name: string, input: any, result?: any) => unknown),
    /** Answers GetMetricData instead of CloudWatch. */
    metrics: undefined as undefined | ((input: any) => any),
    /** Detail type and detail of every event on the bus. */
    events: [] as [type: string, detail: Record<string, unknown>][],
    clients: undefined as unknown as AwsClients,
    /** Clients whose calls are not counted and not failed. */
    direct: sdkClients(cloud, REGION, (_call, send) => send()) as AwsClients,
    objects: objectsOf(call),
    /** The value of the version map's parameter. */
    map: async (): Promise<string> =>
      (await call("ssm", "GetParameter", { Name: outputs.mapParameter })).Parameter.Value,
    putMap: (Value: string) =>
      call("ssm", "PutParameter", { Name: outputs.mapParameter, Value, Type: "String", Overwrite: true }),
    /** The keys of the KeyValueStore. */
    async keys(): Promise<Map<string, string>> {
      const KvsARN = outputs.keyValueStoreArn;
      const { Items } = await call("cloudfront-keyvaluestore", "ListKeys", { KvsARN });
      return new Map(Items.map(({ Key, Value }: { Key: string; Value: string }) => [Key, Value]));
    },
    async putKey(Key: string, Value: string): Promise<void> {
      const KvsARN = outputs.keyValueStoreArn;
      const { ETag: IfMatch } = await call("cloudfront-keyvaluestore", "DescribeKeyValueStore", { KvsARN });
      await call("cloudfront-keyvaluestore", "UpdateKeys", { KvsARN, IfMatch, Puts: [{ Key, Value }] });
    },
    /** Names of the stacks that exist. */
    async stacks(): Promise<string[]> {
      const { Stacks } = await call("cloudformation", "DescribeStacks", {});
      return Stacks.map(({ StackName }: { StackName: string }) => StackName).sort();
    },
    /** Tasks of a service that exists. */
    async tasksOf(service: string): Promise<{ desired: number; running: number } | undefined> {
      const input = { cluster: outputs.clusterName, services: [service] };
      const { services } = await call("ecs", "DescribeServices", input);
      const found = services.find(({ status }: { status: string }) => status === "ACTIVE");
      return found && { desired: found.desiredCount, running: found.runningCount };
    },
    /** Scales a service, and waits until its tasks run. */
    scale: (service: string, desiredCount: number) =>
      time.until(async () => {
        await call("ecs", "UpdateService", { cluster: outputs.clusterName, service, desiredCount });
        for (
          let tasks = await aws.tasksOf(service);
          tasks?.running !== desiredCount;
          tasks = await aws.tasksOf(service)
        )
          await time.sleep(1000);
      }),
    putFewest: (service: string, MinCapacity: number) =>
      call("application-autoscaling", "RegisterScalableTarget", {
        ServiceNamespace: "ecs",
        ScalableDimension: "ecs:service:DesiredCount",
        ResourceId: `service/${outputs.clusterName}/${service}`,
        MinCapacity,
      }),
    /** The fewest tasks to which a service scales in. */
    async fewestOf(service: string): Promise<number | undefined> {
      const ResourceIds = [`service/${outputs.clusterName}/${service}`];
      const input = { ServiceNamespace: "ecs", ResourceIds };
      return (await call("application-autoscaling", "DescribeScalableTargets", input)).ScalableTargets[0]
        ?.MinCapacity;
    },
    /** Pushes an image with these tags, or with none, and returns its digest. */
    async pushImage(...tags: string[]): Promise<string> {
      const imageManifest = JSON.stringify({ schemaVersion: 2, layers: [], annotations: { tags } });
      const input = { repositoryName: REPOSITORY, imageManifest };
      let digest = "";
      for (const imageTag of tags.length === 0 ? [undefined] : tags)
        digest = (await call("ecr", "PutImage", { ...input, imageTag })).image.imageId.imageDigest;
      return digest;
    },
    /** Tags of each image. */
    async images(): Promise<string[][]> {
      const { imageDetails } = await call("ecr", "DescribeImages", { repositoryName: REPOSITORY });
      return imageDetails.map(({ imageTags = [] }: { imageTags?: string[] }) => imageTags);
    },
  };
  aws.clients = sdkClients(cloud, REGION, async ({ service, action, input }, send) => {
    const name = `${service}:${action}`;
    aws.calls.push(name);
    await aws.onCall?.("before", name, input);
    const answered = action === "GetMetricData" && aws.metrics !== undefined;
    const result = answered ? await aws.metrics!(input) : await send();
    if (action === "PutEvents")
      for (const { DetailType, Detail } of input.Entries) aws.events.push([DetailType, JSON.parse(Detail)]);
    await aws.onCall?.("after", name, input, result);
    return result;
  }) as AwsClients;
  return aws;
}

/** Objects of buckets. */
function objectsOf(call: (service: "s3", action: string, input: object) => Promise<any>) {
  const unlessMissing = (error: { code?: string }): undefined => {
    if (error.code !== "NoSuchKey" && error.code !== "NotFound") throw error;
  };
  return {
    put: (Bucket: string, Key: string, Body: string | Buffer, more: object = {}) =>
      call("s3", "PutObject", { Bucket, Key, Body: Buffer.from(Body), ...more }),
    remove: (Bucket: string, Key: string) => call("s3", "DeleteObject", { Bucket, Key }),
    async text(Bucket: string, Key: string): Promise<string | undefined> {
      const object = await call("s3", "GetObject", { Bucket, Key }).catch(unlessMissing);
      return object && textOf(object.Body);
    },
    head: (Bucket: string, Key: string) => call("s3", "HeadObject", { Bucket, Key }).catch(unlessMissing),
    async keys(Bucket: string): Promise<string[]> {
      const { Contents = [] } = await call("s3", "ListObjectsV2", { Bucket });
      return Contents.map(({ Key }: { Key: string }) => Key);
    },
  };
}
