import { createRequire } from "node:module";
import { CloudWatchClient, GetMetricDataCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AwsError } from "../../src/aws-error.ts";
import { decodeCbor, encodeCbor } from "../../src/wire/cbor.ts";
import { startStage, stub } from "./stage.ts";

const requireOfClient = createRequire(import.meta.resolve("@aws-sdk/client-cloudwatch"));
const { AwsSmithyRpcV2CborProtocol } = requireOfClient("@aws-sdk/core/protocols");

describe("CBOR", () => {
  it("survives encodeCbor() and decodeCbor(), whatever the value", () => {
    const scalar = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true }),
      fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("2100-01-01") }),
    );
    const value = fc.dictionary(
      fc.string().filter((key) => key !== "__proto__"),
      fc.oneof(scalar, fc.array(scalar), fc.dictionary(fc.constantFrom("a", "b"), scalar)),
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(value, (given) => {
        expect(decodeCbor(encodeCbor(given))).toEqual(given);
      }),
    );
  });

  it("decodeCbor() reads the examples of RFC 8949 that clients send", () => {
    const examples: [string, unknown][] = [
      ["1903e8", 1000],
      ["1b000000e8d4a51000", 1_000_000_000_000],
      ["3863", -100],
      ["f93e00", 1.5],
      ["fa47c35000", 100_000],
      ["c1fb41d452d9e200000000", new Date(1_363_896_200_000)],
      ["bf6346756ef563416d7421ff", { Fun: true, Amt: -2 }],
      ["9f0102ff", [1, 2]],
      ["7f657374726561646d696e67ff", "streaming"],
    ];
    for (const [hex, value] of examples) expect(decodeCbor(Buffer.from(hex, "hex")), hex).toEqual(value);
  });

  it("decodeCbor() refuses a body that ends too early", () => {
    expect(() => decodeCbor(Buffer.from("6461", "hex"))).toThrow(AwsError);
  });
});

it("CloudWatch is reached over smithy-rpc-v2-cbor, as boto3 speaks it", async () => {
  const at = new Date("2026-11-22T10:15:00Z");
  const monitoring = stub({
    PutMetricData: () => ({}),
    GetMetricData: () => {
      throw new AwsError("InvalidParameterValueException", "The value is wrong");
    },
  });
  const { config } = await startStage(() => ({ monitoring }));
  const client = new CloudWatchClient({ ...config, protocol: AwsSmithyRpcV2CborProtocol });
  const input = { Namespace: "n", MetricData: [{ MetricName: "m", Value: 1.5, Timestamp: at }] };
  await client.send(new PutMetricDataCommand(input));
  expect(monitoring.calls[0]).toEqual({ action: "PutMetricData", input, region: "eu-west-1" });
  const query = { StartTime: at, EndTime: at, MetricDataQueries: [] };
  await expect(client.send(new GetMetricDataCommand(query))).rejects.toMatchObject({
    name: "InvalidParameterValueException",
    message: "The value is wrong",
  });
});
