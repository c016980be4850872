import { describe, expect, it } from "vitest";
import { readRequestEvidence } from "../../src/janitor/request-evidence.ts";
import { createFakeAws } from "../lifecycle/fake-aws.ts";
import { idOf, ledgerAfter, releaseOf, sampleOutputs } from "../lifecycle/samples.ts";

const MINUTE = 60_000;
const NOW = 100 * 60 * MINUTE + 30_000;
const [a, b] = [idOf(1), idOf(2)] as const;
const ledger = ledgerAfter([...releaseOf(a), ...releaseOf(b)]);

function read(metrics?: (input: any) => any, from = ledger, lookBackSeconds = 1920, now = NOW) {
  const aws = createFakeAws();
  aws.metrics = metrics;
  const { cloudwatch } = aws.clients;
  const { loadBalancerArn } = sampleOutputs;
  const evidence = readRequestEvidence(from, {
    cloudwatch,
    loadBalancerArn,
    lookBackSeconds,
    now,
  });
  return { aws, evidence };
}

const complete = (Id: string, at: number[] = [], Values = at.map(() => 1)) => ({
  Id,
  StatusCode: "Complete",
  Timestamps: at.map((time) => new Date(time)),
  Values,
});

describe("readRequestEvidence()", () => {
  it("asks once for all versions, by target group and load balancer as CloudWatch names them", async () => {
    let asked: any;
    const { aws, evidence } = read((input) => {
      asked = input;
      return { MetricDataResults: [complete("m0"), complete("m1")] };
    });
    await evidence;
    expect(aws.calls).toEqual(["cloudwatch:GetMetricData"]);
    expect(asked.MetricDataQueries[0].MetricStat).toMatchObject({
      Metric: {
        MetricName: "RequestCount",
        Dimensions: [
          { Name: "TargetGroup", Value: `targetgroup/ls-${a}/73e2d6bc24d8a067` },
          { Name: "LoadBalancer", Value: "app/shop/50dc6c495c0c9188" },
        ],
      },
      Stat: "Sum",
      Period: 60,
    });
  });

  it.each([
    [14, 60],
    [15, 300],
    [30, 300],
    [63, 3600],
    [400, 3600],
  ])("looks %i days back in the shortest period that CloudWatch still keeps, %i s", async (days, period) => {
    let asked: any;
    const start = 500 * 24 * 60 * MINUTE;
    const { evidence } = read(
      (input) => {
        asked = input;
        return { MetricDataResults: [complete("m0", [start]), complete("m1")] };
      },
      ledger,
      days * 86_400,
      start + 30 * MINUTE,
    );
    expect(await evidence).toMatchObject({ [a]: { lastAt: start + Math.min(period * 1000, 30 * MINUTE) } });
    expect(asked.MetricDataQueries[0].MetricStat.Period).toBe(period);
    expect(asked.StartTime.getTime() % (period * 1000)).toBe(0);
  });

  it("takes no data in a complete answer for zero, from where it looked", async () => {
    const { evidence } = read(() => ({
      MetricDataResults: [complete("m0"), complete("m1", [NOW - 40 * MINUTE], [0])],
    }));
    const quiet = { known: true, from: 99 * 60 * MINUTE };
    expect(await evidence).toEqual({ [a]: quiet, [b]: quiet });
  });

  it("knows the end of the last minute with a request, whatever the order", async () => {
    const at = 100 * 60 * MINUTE;
    const { evidence } = read(() => ({
      MetricDataResults: [complete("m0", [at - 9 * MINUTE, at - 30 * MINUTE]), complete("m1", [at])],
    }));
    expect(await evidence).toMatchObject({ [a]: { lastAt: at - 8 * MINUTE }, [b]: { lastAt: NOW } });
  });

  it("reads all pages before it believes in zero", async () => {
    const { aws, evidence } = read(({ NextToken }) =>
      NextToken === undefined
        ? {
            MetricDataResults: [{ ...complete("m0"), StatusCode: "PartialData" }, complete("m1")],
            NextToken: "2",
          }
        : { MetricDataResults: [complete("m0", [NOW - 2 * MINUTE])] },
    );
    expect(await evidence).toMatchObject({
      [a]: { known: true, lastAt: NOW - MINUTE },
      [b]: { known: true },
    });
    expect(aws.calls).toHaveLength(2);
  });

  it.each<[string, (input: any) => any]>([
    [
      "the call fails",
      () => {
        throw new Error("Rate exceeded");
      },
    ],
    [
      "the answer is partial",
      () => ({ MetricDataResults: [{ ...complete("m0"), StatusCode: "PartialData" }, complete("m1")] }),
    ],
    [
      "the metric is forbidden",
      () => ({ MetricDataResults: [{ ...complete("m0"), StatusCode: "Forbidden" }, complete("m1")] }),
    ],
    [
      "CloudWatch failed inside",
      () => ({ MetricDataResults: [{ ...complete("m0"), StatusCode: "InternalError" }, complete("m1")] }),
    ],
    ["the answer lacks it", () => ({ MetricDataResults: [complete("m1")] })],
    ["a value has no time", () => ({ MetricDataResults: [complete("m0", [], [3]), complete("m1")] })],
    [
      "a later page fails",
      ({ NextToken }) => {
        if (NextToken) throw new Error("no");
        return { MetricDataResults: [complete("m0"), complete("m1")], NextToken: "2" };
      },
    ],
  ])("says unknown, not idle, when %s", async (_, metrics) => {
    expect((await read(metrics).evidence)[a]).toMatchObject({ known: false });
  });

  it("says unknown of a version whose target group is not in the ledger", async () => {
    const broken = structuredClone(ledger);
    broken.versions[a]!.targetGroupArn = undefined;
    const evidence = await read(undefined, broken).evidence;
    expect(evidence).toMatchObject({ [a]: { known: false }, [b]: { known: true } });
  });
});
