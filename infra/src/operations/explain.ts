import type { Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { eachRule, hostsOf } from "../aws/rules.ts";
import { describeTargets, isHealthy } from "../aws/targets.ts";
import { readMap } from "../lifecycle/map-publisher.ts";
import { readPointer, readStoredTable } from "../lifecycle/pointer.ts";
import type { OperationContext } from "../versions/context.ts";
import { explainRequest, type ViewerRequest } from "./explain-request.ts";
import type { Destination, ExplainStep } from "./explanation.ts";

export interface Explained {
  steps: ExplainStep[];
  /** What the viewer receives: "answered by 20261122-…", "409, the version is gone", "404, …". */
  answer: string;
}

/** Explains who would answer a request now: the decision of the edge, then the load balancer or the bucket. */
export async function explain(
  request: ViewerRequest,
  context: Pick<OperationContext, "config" | "clients" | "outputs">,
): Promise<Explained> {
  const { config, clients, outputs } = context;
  const [map, pointer] = await Promise.all([
    readMap({ ssm: clients.ssm, parameter: outputs.mapParameter }),
    readPointer({ keyValueStore: clients.keyValueStore, arn: outputs.keyValueStoreArn }),
  ]);
  const store = { keyValueStore: clients.keyValueStore, arn: outputs.keyValueStoreArn };
  const table = await readStoredTable(pointer, store);
  const { steps, destination } = explainRequest(request, { map, pointer, table }, config);
  const end = await explainDestination(destination, context);
  return { steps: [...steps, ...end.steps], answer: end.answer };
}

async function explainDestination(
  destination: Destination,
  context: Pick<OperationContext, "clients" | "outputs">,
): Promise<Explained> {
  if (destination.kind === "edge")
    return { steps: [], answer: `${destination.status}, ${destination.why} (the edge answers)` };
  return destination.kind === "file"
    ? explainObject(destination.key, context)
    : explainRule(destination, context);
}

async function explainObject(
  key: string,
  { clients, outputs }: Pick<OperationContext, "clients" | "outputs">,
): Promise<Explained> {
  try {
    const head = await clients.s3.send(new HeadObjectCommand({ Bucket: outputs.webBucket, Key: key }));
    const says = `${key}: ${head.ContentType}, ${head.ContentLength} bytes, ${head.CacheControl ?? "no cache-control"}`;
    return { steps: [{ where: "S3", says }], answer: `200, ${key}` };
  } catch (error) {
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== 404) throw error;
    return { steps: [{ where: "S3", says: `${key} does not exist` }], answer: "404, the file is missing" };
  }
}

async function explainRule(
  { version, host, outcome }: Extract<Destination, { kind: "api" }>,
  { clients, outputs }: Pick<OperationContext, "clients" | "outputs">,
): Promise<Explained> {
  const rule = await findRule(host, outputs.listenerArn, clients);
  if (rule === undefined)
    return {
      steps: [{ where: "load balancer", says: `no rule for ${host}` }],
      answer: "409, the version is gone",
    };
  const targetGroupArn = rule.Actions?.find(({ Type }) => Type === "forward")?.TargetGroupArn;
  const targets = await describeTargets(targetGroupArn, clients.elb);
  const healthy = targets.filter(isHealthy).length;
  const steps = [
    { where: "load balancer", says: `rule ${rule.Priority}: ${host} → ${targetGroupArn?.split("/").at(-2)}` },
    { where: "targets", says: `${healthy} of ${targets.length} healthy` },
  ];
  const answer =
    targets.length === 0
      ? `503, ${version} has no tasks`
      : `answered by ${version} (${outcome})${healthy === 0 ? ", whose targets are not healthy" : ""}`;
  return { steps, answer };
}

/** Finds the rule with this host condition. */
async function findRule(
  host: string,
  listenerArn: string,
  { elb }: Pick<OperationContext["clients"], "elb">,
): Promise<Rule | undefined> {
  for await (const rule of eachRule(listenerArn, elb)) if (hostsOf(rule).includes(host)) return rule;
  return undefined;
}
