import { createServer, type IncomingMessage, type RequestListener, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Cloud } from "../../src/cloud.ts";
import { createCloudWatch } from "../../src/services/cloudwatch/cloudwatch.ts";
import { createElbv2, type Elbv2Options } from "../../src/services/elbv2/elbv2.ts";

export const REGION = "eu-west-1";

/** A load balancer with one listener, ready for rules. `close()` ends everything that it opens. */
export interface Stage {
  cloud: Cloud;
  /** Runs an ELBv2 action in the region. */
  elb: <Output = any>(action: string, input: object) => Promise<Output>;
  loadBalancerArn: string;
  listenerArn: string;
  /** The listener's local port. */
  port: number;
  /**
   * Starts a server that can be a target. It passes health checks at `/health` unless `health` returns another status.
   */
  target(handler?: RequestListener, options?: TargetOptions): Promise<TestTarget>;
  /**
   * Creates a target group, a rule for it (host pattern, default `*`), and registers targets. Waits until they are
   * healthy.
   */
  group(targets: Pick<TestTarget, "port">[], options?: GroupOptions): Promise<TestGroup>;
  send(options?: SendOptions): Promise<Answer>;
  close(): Promise<void>;
}

interface TargetOptions {
  /** Returns the status of `/health` for each check. Default 200. */
  health?: () => number;
}

interface TestTarget {
  port: number;
  server: Server;
  /** Number of health checks received. */
  checks(): number;
}

interface GroupOptions {
  host?: string;
  attributes?: Record<string, string>;
  settings?: object;
  /** Wait until every target is healthy. Default true. */
  healthy?: boolean;
}

interface TestGroup {
  arn: string;
  ruleArn: string;
  states(): Promise<Record<number, string>>;
  deregister(target: TestTarget): Promise<unknown>;
}

interface SendOptions {
  path?: string;
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
}

interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  rawHeaders: string[];
  body: string;
}

let groups = 0;

export async function openStage(options: Elbv2Options & { now?: () => number } = {}): Promise<Stage> {
  const cloud = new Cloud({ stateDir: "/nowhere", now: options.now });
  cloud.register("monitoring", createCloudWatch(cloud));
  const service = createElbv2(cloud, { healthCheckIntervalScale: 0.05, ...options });
  cloud.register("elbv2", service);
  const servers: Server[] = [];
  const elb = <Output = any>(action: string, input: object): Promise<Output> =>
    cloud.call<Output>("elbv2", action, input, { region: REGION });

  const made = await elb("CreateLoadBalancer", { Name: "edge", Subnets: ["subnet-a", "subnet-b"] });
  const loadBalancerArn: string = made.LoadBalancers[0].LoadBalancerArn;
  const { Listeners } = await elb("CreateListener", {
    LoadBalancerArn: loadBalancerArn,
    Protocol: "HTTP",
    Port: 80,
    DefaultActions: [fixed(403, "no rule")],
  });
  const listenerArn: string = Listeners[0].ListenerArn;
  const port = Number(new URL(service.listeners()[0]!.url).port);

  return {
    cloud,
    elb,
    loadBalancerArn,
    listenerArn,
    port,
    async target(handler, targetOptions) {
      const target = await startTarget(
        handler ?? ((_request, response) => response.end("hello")),
        targetOptions,
      );
      servers.push(target.server);
      return target;
    },
    group: (targets, groupOptions) => makeGroup(elb, listenerArn, targets, groupOptions),
    send: (sendOptions) => send(port, sendOptions),
    async close() {
      await cloud.close();
      for (const server of servers) {
        server.closeAllConnections();
        if (server.listening) await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

export function fixed(status: number, body: string, contentType = "text/plain"): object {
  return {
    Type: "fixed-response",
    FixedResponseConfig: { StatusCode: String(status), ContentType: contentType, MessageBody: body },
  };
}

export function hostCondition(...values: string[]): object {
  return { Field: "host-header", HostHeaderConfig: { Values: values } };
}

/** Repeats a request a few times a second until the response satisfies; fails with the last response after 15 s. */
export async function until<Value>(
  what: string,
  ask: () => Value | Promise<Value>,
  satisfies: (value: Value) => boolean = Boolean,
): Promise<Value> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const value = await ask();
    if (satisfies(value)) return value;
    if (Date.now() > deadline)
      throw new Error(`Waited 15 s for: ${what}. Last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function send(port: number, options: SendOptions = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const outgoing = request({
    host: "127.0.0.1",
    port,
    path: options.path ?? "/",
    method: options.method ?? "GET",
    headers: options.headers ?? {},
    agent: false,
  });
  outgoing.on("error", reject);
  outgoing.on("response", (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", reject);
    response.on("end", () =>
      resolve({
        status: response.statusCode!,
        headers: response.headers,
        rawHeaders: response.rawHeaders,
        body: Buffer.concat(chunks).toString(),
      }),
    );
  });
  outgoing.end(options.body);
  return promise;
}

async function startTarget(handler: RequestListener, options: TargetOptions = {}): Promise<TestTarget> {
  let checks = 0;
  const server = createServer((incoming, response) => {
    if (incoming.url !== "/health") {
      handler(incoming, response);
      return;
    }
    checks++;
    response.writeHead(options.health?.() ?? 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port, checks: () => checks };
}

async function makeGroup(
  elb: Stage["elb"],
  listenerArn: string,
  targets: Pick<TestTarget, "port">[],
  options: GroupOptions = {},
): Promise<TestGroup> {
  groups++;
  const { TargetGroups } = await elb("CreateTargetGroup", {
    Name: `group-${groups}`,
    Protocol: "HTTP",
    Port: 8080,
    VpcId: "vpc-1",
    TargetType: "ip",
    HealthCheckPath: "/health",
    HealthCheckIntervalSeconds: 5,
    HealthCheckTimeoutSeconds: 2,
    UnhealthyThresholdCount: 2,
    ...options.settings,
  });
  const arn: string = TargetGroups[0].TargetGroupArn;
  const Attributes = Object.entries(options.attributes ?? {}).map(([Key, Value]) => ({ Key, Value }));
  if (Attributes.length > 0) await elb("ModifyTargetGroupAttributes", { TargetGroupArn: arn, Attributes });
  const { Rules } = await elb("CreateRule", {
    ListenerArn: listenerArn,
    Priority: groups,
    Conditions: [hostCondition(options.host ?? "*")],
    Actions: [{ Type: "forward", TargetGroupArn: arn }],
  });
  if (targets.length > 0)
    await elb("RegisterTargets", {
      TargetGroupArn: arn,
      Targets: targets.map(({ port }) => ({ Id: "127.0.0.1", Port: port })),
    });
  const states = async () => {
    const { TargetHealthDescriptions } = await elb("DescribeTargetHealth", { TargetGroupArn: arn });
    return Object.fromEntries(
      TargetHealthDescriptions.map((each: any) => [each.Target.Port, each.TargetHealth.State]),
    ) as Record<number, string>;
  };
  if (options.healthy ?? true) {
    await until("healthy targets", states, (seen) =>
      Object.values(seen).every((state) => state === "healthy"),
    );
  }
  return {
    arn,
    ruleArn: Rules[0].RuleArn,
    states,
    deregister: ({ port }) =>
      elb("DeregisterTargets", { TargetGroupArn: arn, Targets: [{ Id: "127.0.0.1", Port: port }] }),
  };
}
