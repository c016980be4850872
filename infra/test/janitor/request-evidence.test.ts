import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { describe, expect, it } from "vitest";
import { readRequestEvidence } from "../../src/janitor/evidence/request-evidence.ts";
import type { LedgerEvent } from "../../src/lifecycle/ledger-event.ts";
import {
  deployOf,
  idOf,
  ledgerAfter,
  releaseOf,
  sampleOutputs,
  targetGroupArnOf,
} from "../lifecycle/samples.ts";
import { type Series, seriesAnswer } from "./metric-series.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = 100 * HOUR + 30_000;
const LOOK_BACK_SECONDS = 32 * 60;
const [a, b] = [idOf(1), idOf(2)] as const;
/** `b` is current, and `a` was published at 0. */
const ledger = ledgerAfter([...releaseOf(a), ...releaseOf(b)]);

function read(
  metrics: (input: any) => any = seriesAnswer({}),
  from = ledger,
  lookBackSeconds = LOOK_BACK_SECONDS,
  now = NOW,
) {
  const inputs: any[] = [];
  const cloudwatch = {
    async send({ input }: { input: any }) {
      inputs.push(input);
      return metrics(input);
    },
  } as unknown as CloudWatchClient;
  const { loadBalancerArn } = sampleOutputs;
  const evidence = readRequestEvidence(from, {
    app: "shop",
    cloudwatch,
    loadBalancerArn,
    lookBackSeconds,
    now,
  });
  return { inputs, evidence };
}

const readSeries = (series: Series) => read(seriesAnswer(series));
/** Reads with one result of the answer changed. */
const spoilt = (spoil: (result: any) => object | undefined, at = 0) =>
  read((input) => {
    const answer = seriesAnswer({})(input);
    const results = answer.MetricDataResults.map((one: any, index: number) =>
      index === at ? spoil(one) : one,
    );
    return { MetricDataResults: results.filter((one: any) => one !== undefined) };
  });

describe("readRequestEvidence()", () => {
  it("reads all versions in one call, with CloudWatch's names of target group and load balancer", async () => {
    let asked: any;
    const { inputs, evidence } = read((input) => {
      asked ??= input;
      return seriesAnswer({ [`RequestCount ${a}`]: { [NOW - MINUTE]: 1 } })(input);
    });
    await evidence;
    expect(inputs).toHaveLength(1);
    const metrics = asked.MetricDataQueries.map(({ MetricStat }: any) => MetricStat.Metric);
    expect(metrics.map(({ MetricName }: any) => MetricName)).toEqual([
      ...["RequestCount", "OpenConnections", "InFlight"],
      "RequestCount", // of current
    ]);
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
    expect(asked.MetricDataQueries[1].MetricStat.Stat).toBe("Minimum");
    expect(metrics[1]).toEqual({
      Namespace: "Lockstep",
      MetricName: "OpenConnections",
      Dimensions: [
        { Name: "App", Value: "shop" },
        { Name: "Version", Value: a },
      ],
    });
  });

  it("reads 90 versions in one call", async () => {
    const versions = Array.from({ length: 90 }, (_, n) => idOf(n));
    const full = versions.reduce((led, id) => ledgerAfter(releaseOf(id), 0, led), ledgerAfter([]));
    const busy = Object.fromEntries(versions.map((id) => [`RequestCount ${id}`, { [NOW - MINUTE]: 1 }]));
    const { inputs, evidence } = read(seriesAnswer(busy), full);
    expect(Object.values(await evidence).every((one) => one.known)).toBe(true);
    expect(inputs).toHaveLength(1);
  });

  it.each([
    [14, 60],
    [15, 300],
    [30, 300],
    [63, 3600],
    [400, 3600],
  ])("looks %i days back with the shortest period that CloudWatch keeps, %i s", async (days, period) => {
    let asked: any;
    const start = 500 * 24 * HOUR;
    const { evidence } = read(
      (input) => {
        asked ??= input;
        return seriesAnswer({ [`RequestCount ${a}`]: { [start]: 1 } })(input);
      },
      ledger,
      days * 86_400,
      start + 30 * MINUTE,
    );
    expect(await evidence).toMatchObject({ [a]: { lastAt: start + Math.min(period * 1000, 30 * MINUTE) } });
    expect(asked.MetricDataQueries[0].MetricStat.Period).toBe(period);
    expect(asked.StartTime.getTime() % (period * 1000)).toBe(0);
  });

  it("reads no data in a complete answer as zero", async () => {
    const { evidence } = readSeries({ [`RequestCount ${b}`]: { [NOW - 40 * MINUTE]: 0 } });
    const quiet = { known: true, from: 99 * HOUR, perMinute: 0 };
    expect(await evidence).toEqual({ [a]: quiet, [b]: quiet });
  });

  it("returns the end of the last minute with a request, and the recent request rate", async () => {
    const at = 100 * HOUR;
    const { evidence } = readSeries({
      [`RequestCount ${a}`]: { [at - 9 * MINUTE]: 20, [at - 30 * MINUTE]: 70, [at - 3 * MINUTE]: 10 },
      [`RequestCount ${b}`]: { [at]: 1 },
    });
    expect(await evidence).toMatchObject({
      [a]: { lastAt: at - 2 * MINUTE, perMinute: 2 },
      [b]: { lastAt: NOW },
    });
  });

  it("reads all pages of an answer", async () => {
    const { inputs, evidence } = read((input) => {
      if (input.NextToken !== undefined)
        return seriesAnswer({ [`RequestCount ${a}`]: { [NOW - 2 * MINUTE]: 1 } })(input);
      const { MetricDataResults } = seriesAnswer({})(input);
      return {
        MetricDataResults: MetricDataResults.map((one: any) => ({ ...one, StatusCode: "PartialData" })),
        NextToken: "2",
      };
    });
    expect(await evidence).toMatchObject({
      [a]: { known: true, lastAt: NOW - MINUTE },
      [b]: { known: true },
    });
    expect(inputs).toHaveLength(2);
  });

  const unknowns: [string, (at: number) => ReturnType<typeof read>][] = [
    [
      "the call fails",
      () =>
        read(() => {
          throw new Error("Rate exceeded");
        }),
    ],
    ["the answer is partial", (at) => spoilt((one) => ({ ...one, StatusCode: "PartialData" }), at)],
    ["the metric is forbidden", (at) => spoilt((one) => ({ ...one, StatusCode: "Forbidden" }), at)],
    [
      "CloudWatch reports an internal error",
      (at) => spoilt((one) => ({ ...one, StatusCode: "InternalError" }), at),
    ],
    ["the answer has no result for it", (at) => spoilt(() => undefined, at)],
    ["a value has no timestamp", (at) => spoilt((one) => ({ ...one, Timestamps: [], Values: [3] }), at)],
    [
      "a later page fails",
      () =>
        read((input) => {
          if (input.NextToken) throw new Error("no");
          return { ...seriesAnswer({})(input), NextToken: "2" };
        }),
    ],
  ];
  it.each(unknowns)("returns unknown, not idle, if %s", async (_, readIt) => {
    expect((await readIt(0).evidence)[a]).toMatchObject({ known: false });
  });
  it.each(unknowns)("returns unknown, not idle, if for connections %s", async (_, readIt) => {
    expect((await readIt(1).evidence)[a]).toMatchObject({ known: false });
    expect((await readIt(2).evidence)[a]).toMatchObject({ known: false });
  });

  it("returns unknown for a version whose target group is not in the ledger", async () => {
    const broken = structuredClone(ledger);
    broken.versions[a]!.targetGroupArn = undefined;
    const evidence = await read(undefined, broken).evidence;
    expect(evidence).toMatchObject({ [a]: { known: false }, [b]: { known: true } });
  });

  it("does not count the probes of a release", async () => {
    const events: LedgerEvent[] = [
      deployOf(a),
      { type: "publish", id: a, targetGroupArn: targetGroupArnOf(a) },
    ];
    const publishedAt = 99 * HOUR + 30 * MINUTE;
    const published = ledgerAfter(events, publishedAt);
    const asked = (at: number) =>
      read(seriesAnswer({ [`RequestCount ${a}`]: { [at]: 5 } }), published).evidence;
    expect((await asked(publishedAt + MINUTE))[a]).not.toHaveProperty("lastAt");
    expect((await asked(publishedAt + 2 * MINUTE))[a]).toHaveProperty("lastAt");
  });
});

describe("readRequestEvidence() of open connections", () => {
  const minute = (ago: number) => 100 * HOUR - ago * MINUTE;
  const open = (points: Record<number, number>, more: Series = {}) =>
    readSeries({ [`OpenConnections ${a}`]: points, ...more }).evidence.then((evidence) => evidence[a]);

  it("counts an open connection as use", async () => {
    expect(await open({ [minute(2)]: 3, [minute(1)]: 3 })).toMatchObject({
      known: true,
      open: 3,
      lastAt: NOW,
    });
  });

  it("counts a request in flight as use", async () => {
    const inFlight = { [`InFlight ${a}`]: { [minute(1)]: 1 } };
    expect(await open({ [minute(1)]: 0 }, inFlight)).toMatchObject({ open: 1, lastAt: NOW });
  });

  it("returns zero after the service reported zero", async () => {
    expect(await open({ [minute(30)]: 2, [minute(20)]: 0 })).toMatchObject({
      known: true,
      open: 0,
      lastAt: minute(29),
    });
  });

  it("returns unknown, not idle, if a service stops reporting with connections open", async () => {
    const evidence = await open({ [minute(30)]: 2, [minute(12)]: 2 });
    expect(evidence).toEqual({
      known: false,
      why: "its service reported 2 open connections and then stopped reporting",
    });
  });

  it("looks further back if a service reported nothing recently, in one call for all versions", async () => {
    const long = { [minute(50 * 60)]: 1 };
    const { inputs, evidence } = readSeries({ [`OpenConnections ${a}`]: long });
    expect((await evidence)[a]).toMatchObject({ known: false });
    expect(inputs).toHaveLength(2);
    expect(await open({ ...long, [minute(49 * 60)]: 0 })).toMatchObject({ known: true, open: 0 });
  });

  it("uses only requests if a service never reported anything", async () => {
    const evidence = await open({});
    expect(evidence).toMatchObject({ known: true });
    expect(evidence).not.toHaveProperty("open");
  });

  it("returns unknown if the second read fails", async () => {
    let calls = 0;
    const { evidence } = read((input) => {
      if (++calls === 2) throw new Error("Rate exceeded");
      return seriesAnswer({})(input);
    });
    expect((await evidence)[a]).toMatchObject({ known: false });
  });
});
