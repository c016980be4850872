import { createRequire } from "node:module";
import {
  CloudWatchClient,
  GetMetricDataCommand,
  ListMetricsCommand,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import { describe, expect, it } from "vitest";
import { AwsError } from "../../src/aws-error.ts";
import { decodeCbor, encodeCbor } from "../../src/wire/cbor.ts";
import { startStage, stub } from "./stage.ts";

const requireOfClient = createRequire(import.meta.resolve("@aws-sdk/client-cloudwatch"));
const { AwsSmithyRpcV2CborProtocol } = requireOfClient("@aws-sdk/core/protocols");

describe("decodeCbor() and encodeCbor()", () => {
  it("carry times, bytes, lists and nested members", () => {
    const given = {
      at: new Date("2026-11-22T10:15:00.123Z"),
      bytes: Buffer.from("bytes"),
      list: [1, 1.5, -0.25, "text", true, null],
      nested: { tag: 1, value: 2 },
    };
    expect(decodeCbor(encodeCbor(given))).toEqual(given);
  });

  it("leave out members that are undefined", () => {
    expect(encodeCbor({ a: undefined, b: 1 })).toEqual(encodeCbor({ b: 1 }));
  });

  it("write a time as tag 1 with seconds since the epoch", () => {
    const encoded = Buffer.from(encodeCbor(new Date(1_363_896_240_500))).toString("hex");
    expect(encoded).toBe("c1fb41d452d9ec200000"); // RFC 8949, appendix A
  });

  it("read what boto3 sends: times as integers, and maps of indefinite length", () => {
    expect(decodeCbor(Buffer.from("c11a514b67b0", "hex"))).toEqual(new Date(1_363_896_240_000));
    const fun = Buffer.from("bf6346756ef563416d7421ff", "hex");
    expect(decodeCbor(fun)).toEqual({ Fun: true, Amt: -2 });
  });

  it("read an empty body as an input without members", () => {
    expect(decodeCbor(Buffer.alloc(0))).toEqual({});
  });

  it("refuse a body that ends too early", () => {
    expect(() => decodeCbor(Buffer.from("6461", "hex"))).toThrow(AwsError);
  });
});

it("CloudWatch answers smithy-rpc-v2-cbor, the protocol of boto3 and the AWS CLI", async () => {
  const at = new Date("2026-11-22T10:15:00Z");
  const results = [{ Id: "m", Timestamps: [at], Values: [1.5, 2], StatusCode: "Complete" as const }];
  const monitoring = stub({
    PutMetricData: () => ({}),
    GetMetricData: () => ({ MetricDataResults: results, NextToken: undefined }),
    ListMetrics: () => {
      throw new AwsError("InvalidParameterValueException", "The value is wrong");
    },
  });
  const { config } = await startStage(() => ({ monitoring }));
  const client = new CloudWatchClient({ ...config, protocol: AwsSmithyRpcV2CborProtocol });
  const input = { Namespace: "n", MetricData: [{ MetricName: "m", Value: 1.5, Timestamp: at }] };
  await client.send(new PutMetricDataCommand(input));
  expect(monitoring.calls[0]).toEqual({ action: "PutMetricData", input, region: "eu-west-1" });
  const query = { StartTime: at, EndTime: at, MetricDataQueries: [] };
  expect((await client.send(new GetMetricDataCommand(query))).MetricDataResults).toEqual(results);
  await expect(client.send(new ListMetricsCommand({}))).rejects.toMatchObject({
    name: "InvalidParameterValueException",
    message: "The value is wrong",
  });
});
