import {
  CloudWatchClient,
  GetMetricDataCommand,
  type GetMetricDataCommandInput,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  type MetricDataQuery,
  type MetricDatum,
  PutMetricDataCommand,
  paginateGetMetricData,
} from "@aws-sdk/client-cloudwatch";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Cloud } from "../../src/cloud.ts";
import { createCloudWatch } from "../../src/services/cloudwatch/cloudwatch.ts";
import { type Endpoint, startEndpoint } from "../../src/wire/endpoint.ts";

let endpoint: Endpoint;
let client: CloudWatchClient;
beforeEach(async () => {
  const cloud = new Cloud({ stateDir: "/nowhere" });
  cloud.register("monitoring", createCloudWatch(cloud));
  endpoint = await startEndpoint(cloud, { port: 0 });
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  client = new CloudWatchClient({ endpoint: endpoint.url, region: "eu-west-1", credentials, maxAttempts: 1 });
});
afterEach(async () => {
  client.destroy();
  await endpoint.close();
});

/** Returns the time of minutes and seconds after 2026-11-22 10:00 UTC. */
const at = (minute: number, second = 0) => new Date(Date.UTC(2026, 10, 22, 10, minute, second));
const VERSION = { Name: "Version", Value: "v1" };
const APP = { Name: "App", Value: "shop" };

function put(data: Partial<MetricDatum>[], Namespace = "Shop") {
  const MetricData = data.map((datum) => ({ MetricName: "Orders", ...datum }));
  return client.send(new PutMetricDataCommand({ Namespace, MetricData }));
}

function query(
  Id: string,
  options: { Stat?: string; Period?: number; Namespace?: string; Dimensions?: object[] } = {},
) {
  const Metric = {
    Namespace: options.Namespace ?? "Shop",
    MetricName: "Orders",
    Dimensions: options.Dimensions,
  };
  return {
    Id,
    MetricStat: { Metric, Period: options.Period ?? 60, Stat: options.Stat ?? "Sum" },
  } as MetricDataQuery;
}

async function read(queries: MetricDataQuery[], options: Partial<GetMetricDataCommandInput> = {}) {
  const { MetricDataResults } = await client.send(
    new GetMetricDataCommand({ StartTime: at(0), EndTime: at(60), MetricDataQueries: queries, ...options }),
  );
  return MetricDataResults!;
}

describe("GetMetricData", () => {
  it("computes each statistic from all values of the period", async () => {
    await put([
      { Timestamp: at(1, 5), Value: 4 },
      { Timestamp: at(1, 55), Values: [1, 10], Counts: [2, 1] },
      { Timestamp: at(1, 59), StatisticValues: { SampleCount: 2, Sum: 6, Minimum: 0, Maximum: 6 } },
    ]);
    const stats = ["Sum", "SampleCount", "Average", "Minimum", "Maximum"];
    const results = await read(stats.map((Stat) => query(Stat.toLowerCase(), { Stat })));
    expect(results.map(({ Id, Values }) => [Id, Values])).toEqual([
      ["sum", [22]],
      ["samplecount", [6]],
      ["average", [22 / 6]],
      ["minimum", [0]],
      ["maximum", [10]],
    ]);
    expect(results[0]).toMatchObject({ Label: "Orders", StatusCode: "Complete", Timestamps: [at(1)] });
  });

  it("matches namespace and dimensions exactly, in any order", async () => {
    await put([{ Timestamp: at(1), Value: 1, Dimensions: [VERSION, APP] }]);
    await put([{ Timestamp: at(1), Value: 10, Dimensions: [VERSION] }]);
    await put([{ Timestamp: at(1), Value: 100, Dimensions: [VERSION, APP] }], "Other");
    const results = await read([
      query("both", { Dimensions: [APP, VERSION] }),
      query("one", { Dimensions: [VERSION] }),
      query("none"),
      query("value", { Dimensions: [{ Name: "Version", Value: "v2" }] }),
      query("other", { Namespace: "Other", Dimensions: [VERSION, APP] }),
    ]);
    expect(results.map(({ Values }) => Values)).toEqual([[1], [10], [], [], [100]]);
  });

  it("has no data point without data, and includes the start but not the end", async () => {
    await put([0, 1, 5, 6].map((minute) => ({ Timestamp: at(minute), Value: minute })));
    const [result] = await read([query("q")], {
      StartTime: at(1),
      EndTime: at(6),
      ScanBy: "TimestampAscending",
    });
    expect(result!.Timestamps).toEqual([at(1), at(5)]);
    expect(result!.Values).toEqual([1, 5]);
  });

  it("counts periods from the start, rounded down to its minute, newest first by default", async () => {
    await put([2, 6, 7, 12].map((minute) => ({ Timestamp: at(minute), Value: 1 })));
    const [result] = await read([query("q", { Period: 300 })], { StartTime: at(2, 40), EndTime: at(20) });
    expect(result!.Timestamps).toEqual([at(12), at(7), at(2)]);
    expect(result!.Values).toEqual([1, 1, 2]);
  });

  it("returns all data in pages", async () => {
    await put([1, 2, 3].map((minute) => ({ Timestamp: at(minute), Value: minute })));
    await put([1, 2].map((minute) => ({ Timestamp: at(minute), Value: -minute, Dimensions: [APP] })));
    const MetricDataQueries = [query("a"), query("b", { Dimensions: [APP] })];
    const seen: Record<string, number[]> = { a: [], b: [] };
    const codes: string[] = [];
    const input = { StartTime: at(0), EndTime: at(60), MetricDataQueries, MaxDatapoints: 2 };
    for await (const page of paginateGetMetricData({ client }, input)) {
      for (const result of page.MetricDataResults!) seen[result.Id!]!.push(...result.Values!);
      codes.push(page.MetricDataResults!.map(({ StatusCode }) => StatusCode).join(" "));
    }
    expect(seen).toEqual({ a: [3, 2, 1], b: [-2, -1] });
    expect(codes).toEqual(["PartialData PartialData", "Complete PartialData", "Complete Complete"]);
  });

  it("refuses metric math, unknown statistics and periods below a minute by name", async () => {
    await expect(read([{ Id: "e", Expression: "SUM(METRICS())" }])).rejects.toThrow("SUM(METRICS())");
    await expect(read([query("q", { Stat: "p99" })])).rejects.toThrow("p99");
    await expect(read([query("q", { Period: 10 })])).rejects.toThrow("10 seconds");
    await expect(read([query("q", { Period: 90 })])).rejects.toMatchObject({
      name: "InvalidParameterValueException",
    });
  });

  it("refuses a start that is not before the end, and two queries with one id", async () => {
    await expect(read([query("q")], { EndTime: at(0) })).rejects.toThrow("StartTime must be less than");
    await expect(read([query("q"), query("q")])).rejects.toThrow("more than once");
  });
});

describe("GetMetricStatistics", () => {
  it("returns the requested statistics", async () => {
    await put([{ Timestamp: at(1), Values: [1, 5] }]);
    const input = { Namespace: "Shop", MetricName: "Orders", StartTime: at(0), EndTime: at(5), Period: 60 };
    const { Label, Datapoints } = await client.send(
      new GetMetricStatisticsCommand({ ...input, Statistics: ["Sum", "Maximum"] }),
    );
    expect(Label).toBe("Orders");
    expect(Datapoints).toEqual([{ Timestamp: at(1), Sum: 6, Maximum: 5 }]);
  });
});

describe("PutMetricData", () => {
  it("records nothing when one of its metrics is invalid", async () => {
    const wrong = { Timestamp: at(1), Value: 1, Values: [1] };
    await expect(put([{ Timestamp: at(1), Value: 1 }, wrong])).rejects.toThrow("exactly one of");
    expect((await client.send(new ListMetricsCommand({}))).Metrics ?? []).toEqual([]);
  });
});

describe("ListMetrics", () => {
  it("finds metrics by namespace, name and some of their dimensions", async () => {
    await put([{ Value: 1, Dimensions: [VERSION, APP] }, { Value: 1 }]);
    const { Metrics } = await client.send(new ListMetricsCommand({ Dimensions: [{ Name: "App" }] }));
    expect(Metrics).toEqual([{ Namespace: "Shop", MetricName: "Orders", Dimensions: [APP, VERSION] }]);
  });
});
