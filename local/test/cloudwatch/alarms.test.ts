import { describe, expect, it } from "vitest";
import { Cloud } from "../../src/cloud.ts";
import { createCloudWatch } from "../../src/services/cloudwatch/cloudwatch.ts";

const REGION = { region: "eu-west-1" };
const ALARM = {
  AlarmName: "janitor-failed",
  Namespace: "AWS/Lambda",
  MetricName: "Errors",
  ComparisonOperator: "GreaterThanThreshold",
  Period: "300",
  EvaluationPeriods: "1",
  Threshold: "0.5",
  Statistic: "Sum",
};

function open() {
  const cloud = new Cloud({ stateDir: "/nowhere", now: () => 1_000_000 });
  cloud.register("monitoring", createCloudWatch(cloud));
  return (action: string, input: object) => cloud.call("monitoring", action, input, REGION);
}

describe("alarms", () => {
  it("are recorded with numbers as numbers, and replaced by name", async () => {
    const call = open();
    await call("PutMetricAlarm", ALARM);
    await call("PutMetricAlarm", { ...ALARM, Threshold: 3 });
    const { MetricAlarms } = await call("DescribeAlarms", { AlarmNames: ["janitor-failed"] });
    expect(MetricAlarms).toHaveLength(1);
    expect(MetricAlarms[0]).toMatchObject({
      AlarmArn: "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:janitor-failed",
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: 3,
      StateValue: "INSUFFICIENT_DATA",
    });
  });

  it("are all deleted or none", async () => {
    const call = open();
    await call("PutMetricAlarm", ALARM);
    await expect(call("DeleteAlarms", { AlarmNames: ["janitor-failed", "unknown"] })).rejects.toMatchObject({
      code: "ResourceNotFound",
    });
    await call("DeleteAlarms", { AlarmNames: ["janitor-failed"] });
    expect((await call("DescribeAlarms", {})).MetricAlarms).toEqual([]);
  });
});
