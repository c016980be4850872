import { describe, expect, it } from "vitest";
import { type Figures, metricLines } from "../../src/janitor/report/figures.ts";
import { only, resources, synthesize } from "./synthesized.ts";

const platform = "shop-platform";
const assembly = synthesize();
const figures: Figures = {
  livingVersions: 3,
  retired: 1,
  postponed: { unknown: 0, waiting: 1 },
  errors: 0,
  oldestSeconds: 7200,
  drainingSeconds: 0,
  monthlyUsd: 27.034,
};

describe("the janitor", () => {
  const lambda = Object.values(resources(assembly, platform, "AWS::Lambda::Function")).find(
    ({ Properties }) => Properties.FunctionName === "shop-janitor",
  )!;

  it("has the longest timeout, no reserved concurrency, and the whole configuration", () => {
    expect(lambda.Properties).toMatchObject({
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Timeout: 900,
    });
    expect(lambda.Properties).not.toHaveProperty("ReservedConcurrentExecutions");
    const { LOCKSTEP_APP, LOCKSTEP_CONFIG_JSON } = lambda.Properties.Environment.Variables;
    expect(LOCKSTEP_APP).toBe("shop");
    expect(JSON.parse(LOCKSTEP_CONFIG_JSON)).toMatchObject({
      app: "shop",
      edge: { hostSuffix: "shop.internal" },
    });
  });

  it("runs on its schedule, with retries and a dead-letter queue", () => {
    const { Properties } = only(assembly, platform, "AWS::Scheduler::Schedule");
    expect(Properties).toMatchObject({ ScheduleExpression: "rate(5 minutes)", State: "ENABLED" });
    expect(Properties.Target).toMatchObject({ RetryPolicy: { MaximumRetryAttempts: 2 } });
    expect(Properties.Target.DeadLetterConfig.Arn).toBeDefined();
  });

  it("has alarms for errors, undelivered runs, silence, used slots and a stuck version", () => {
    const alarms = Object.values(resources(assembly, platform, "AWS::CloudWatch::Alarm"));
    const settings = alarms.map(
      ({ Properties: { AlarmName, MetricName, Threshold, Period, TreatMissingData } }) => [
        AlarmName,
        MetricName,
        Threshold,
        Period,
        TreatMissingData,
      ],
    );
    expect(settings).toEqual([
      ["shop-janitor-errors", "Errors", 1, 300, "notBreaching"],
      ["shop-janitor-undelivered", "ApproximateNumberOfMessagesVisible", 1, 300, "notBreaching"],
      ["shop-janitor-silent", "Invocations", 1, 1800, "breaching"],
      ["shop-janitor-slots", "LivingVersions", 81, 1800, "notBreaching"],
      ["shop-janitor-stuck", "LongestDraining", 3600, 1800, "notBreaching"],
    ]);
    for (const { Properties } of alarms) expect(Properties.AlarmActions).toHaveLength(1);
  });

  it("has alarms on metrics that it publishes, under the same names", () => {
    const lines = metricLines("shop", figures, 0).map((line) => JSON.parse(line));
    const own = Object.values(resources(assembly, platform, "AWS::CloudWatch::Alarm")).filter(
      ({ Properties }) => Properties.Namespace === "Lockstep",
    );
    expect(own).toHaveLength(2);
    for (const { Properties } of own) {
      expect(Properties.Dimensions).toEqual([{ Name: "App", Value: "shop" }]);
      const [{ Namespace, Dimensions, Metrics }] = lines[0]._aws.CloudWatchMetrics;
      expect([Namespace, Dimensions]).toEqual(["Lockstep", [["App"]]]);
      expect(Metrics).toContainEqual({ Name: Properties.MetricName, Unit: expect.any(String) });
    }
  });

  it("has one topic, for its alarms", () => {
    const topics = Object.values(resources(assembly, platform, "AWS::SNS::Topic"));
    expect(topics.map(({ Properties }) => Properties.TopicName)).toEqual(["shop-alarms"]);
  });
});
