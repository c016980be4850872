import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStage, REGION, type Stage, until } from "./stage.ts";

/** 2026-11-22 10:15:30 UTC; tests move it. */
const START = Date.UTC(2026, 10, 22, 10, 15, 30);
let stage: Stage;
let now: number;
beforeEach(async () => {
  now = START;
  stage = await openStage({ now: () => now });
});
afterEach(() => stage.close());

const balancer = () => ({ Name: "LoadBalancer", Value: /(app\/.*)$/.exec(stage.loadBalancerArn)![1]! });
const groupOf = (arn: string) => ({ Name: "TargetGroup", Value: /(targetgroup\/.*)$/.exec(arn)![1]! });

/** Returns the minutes with a data point, with their values. */
async function read(MetricName: string, Dimensions: object[], Stat = "Sum"): Promise<Record<string, number>> {
  const Metric = { Namespace: "AWS/ApplicationELB", MetricName, Dimensions };
  const { MetricDataResults } = await stage.cloud.call(
    "monitoring",
    "GetMetricData",
    {
      StartTime: new Date(START - 600_000),
      EndTime: new Date(START + 600_000),
      MetricDataQueries: [{ Id: "m", MetricStat: { Metric, Period: 60, Stat } }],
    },
    { region: REGION },
  );
  const { Timestamps, Values } = MetricDataResults[0];
  return Object.fromEntries(
    Timestamps.map((at: Date, i: number) => [at.toISOString().slice(11, 16), Values[i]]),
  );
}

async function metricNames(): Promise<string[]> {
  const { Metrics } = await stage.cloud.call("monitoring", "ListMetrics", {}, { region: REGION });
  return Metrics.map((metric: any) => metric.MetricName);
}

describe("RequestCount", () => {
  it("counts by target group and load balancer, in the minute of the request", async () => {
    const busy = await stage.group([await stage.target()], { host: "a.internal" });
    const other = await stage.group([await stage.target()], { host: "b.internal" });
    const to = (host: string) => stage.send({ headers: { host } });
    await Promise.all([to("a.internal"), to("a.internal"), to("b.internal")]);
    now += 60_000;
    await to("a.internal");
    const counts = await until(
      "the counts",
      () => read("RequestCount", [balancer()]),
      (seen) => "10:16" in seen,
    );
    expect(counts).toEqual({ "10:15": 3, "10:16": 1 });
    expect(await read("RequestCount", [groupOf(busy.arn), balancer()])).toEqual({ "10:15": 2, "10:16": 1 });
    expect(await read("RequestCount", [balancer(), groupOf(other.arn)])).toEqual({ "10:15": 1 });
  });

  it("excludes health checks, fixed responses and requests without a target", async () => {
    const target = await stage.target();
    await stage.group([target], { host: "a.internal" });
    await stage.group([], { host: "b.internal" });
    await until("more health checks", target.checks, (count) => count > 2);
    await stage.send({ headers: { host: "b.internal" } });
    await stage.send({ headers: { host: "unknown.internal" } });
    await until("the codes", metricNames, (names) => names.includes("HTTPCode_ELB_503_Count"));
    expect(await metricNames()).not.toContain("RequestCount");
  });
});

describe("the load balancer's metrics", () => {
  it("do not exist without traffic", async () => {
    const target = await stage.target();
    await stage.group([target]);
    await until("more health checks", target.checks, (count) => count > 4);
    expect(await metricNames()).toEqual([]);
  });

  it("separate responses of targets from those of the load balancer, by code", async () => {
    const target = await stage.target((incoming, response) => {
      if (incoming.url === "/reset") incoming.socket.destroy();
      else response.writeHead(Number(incoming.url!.slice(1))).end();
    });
    const group = await stage.group([target], { host: "a.internal" });
    for (const path of ["/200", "/204", "/404", "/500", "/reset"]) {
      await stage.send({ path, headers: { host: "a.internal" } });
    }
    await stage.send({ headers: { host: "unknown.internal" } });
    const both = [groupOf(group.arn), balancer()];
    await until("the codes", metricNames, (names) => names.includes("HTTPCode_ELB_4XX_Count"));
    const sums = async (name: string, dimensions: object[]) => Object.values(await read(name, dimensions))[0];
    expect(await sums("HTTPCode_Target_2XX_Count", both)).toBe(2);
    expect(await sums("HTTPCode_Target_4XX_Count", both)).toBe(1);
    expect(await sums("HTTPCode_Target_5XX_Count", [balancer()])).toBe(1);
    expect(await sums("HTTPCode_ELB_502_Count", [balancer()])).toBe(1);
    expect(await sums("HTTPCode_ELB_5XX_Count", [balancer()])).toBe(1);
    expect(await sums("HTTPCode_ELB_4XX_Count", [balancer()])).toBe(1);
    expect(await sums("HTTP_Fixed_Response_Count", [balancer()])).toBe(1);
    expect(await sums("RequestCount", both)).toBe(5);
  });

  it("measure the targets' response times", async () => {
    const group = await stage.group([await stage.target()]);
    await stage.send();
    const both = [groupOf(group.arn), balancer()];
    const seconds = await until(
      "the time",
      () => read("TargetResponseTime", both, "Average"),
      (seen) => "10:15" in seen,
    );
    expect(seconds["10:15"]).toBeGreaterThan(0);
  });

  it("contain the number of open connections for every past minute", async () => {
    await stage.group([await stage.target()]);
    await stage.send();
    now += 60_000;
    await stage.send();
    const counts = await until(
      "the connections",
      () => read("ActiveConnectionCount", [balancer()], "Maximum"),
      (seen) => "10:15" in seen,
    );
    expect(counts["10:15"]).toBeGreaterThanOrEqual(1);
    expect(counts).not.toHaveProperty("10:16");
  });
});
