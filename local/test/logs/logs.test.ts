import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  ListTagsForResourceCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { expect, it } from "vitest";
import { createLogs } from "../../src/services/logs/logs.ts";
import { startStage, stub } from "../wire/stage.ts";

const group = { logGroupName: "/deploy/shop" };
const stream = { ...group, logStreamName: "task/1" };

async function startLogs() {
  const { config } = await startStage((cloud) => ({ logs: createLogs(cloud) }));
  const logs = new CloudWatchLogsClient(config);
  await logs.send(new CreateLogGroupCommand({ ...group, tags: { a: "1" } }));
  await logs.send(new CreateLogStreamCommand(stream));
  const write = (...messages: string[]) =>
    logs.send(
      new PutLogEventsCommand({
        ...stream,
        logEvents: messages.map((message, i) => ({ message, timestamp: 1000 + i })),
      }),
    );
  return { logs, write };
}

it("GetLogEvents reads from the end, from the beginning, and from a token until it repeats", async () => {
  const { logs, write } = await startLogs();
  await write("a", "b", "c", "d", "e");
  const get = async (input: object) => {
    const page = await logs.send(new GetLogEventsCommand({ ...stream, ...input }));
    return { ...page, text: page.events?.map(({ message }) => message).join("") };
  };
  expect((await get({ limit: 2 })).text).toBe("de");
  const first = await get({ startFromHead: true, limit: 3 });
  const second = await get({ nextToken: first.nextForwardToken, limit: 3 });
  const third = await get({ nextToken: second.nextForwardToken, limit: 3 });
  expect([first.text, second.text, third.text]).toEqual(["abc", "de", ""]);
  expect(third.nextForwardToken).toBe(second.nextForwardToken);
  expect((await get({ nextToken: second.nextBackwardToken, limit: 2 })).text).toBe("bc");
});

it("FilterLogEvents finds plain terms, and refuses other patterns by name", async () => {
  const { logs, write } = await startLogs();
  await write("GET /api 200", "GET /api 500", "POST /api 500");
  const filter = (filterPattern: string) =>
    logs.send(new FilterLogEventsCommand({ ...group, filterPattern }));
  const { events } = await filter('500 "GET /api"');
  expect(events).toMatchObject([{ message: "GET /api 500", logStreamName: "task/1", timestamp: 1001 }]);
  await expect(filter("{ $.level = 50 }")).rejects.toMatchObject({ name: "NotImplemented" });
});

it("groups and streams are described, tagged and deleted", async () => {
  const { logs, write } = await startLogs();
  await write("a");
  await logs.send(new PutRetentionPolicyCommand({ ...group, retentionInDays: 7 }));
  const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "/deploy" }));
  expect(logGroups).toMatchObject([{ ...group, retentionInDays: 7, storedBytes: 1 }]);
  const resourceArn = logGroups?.[0]?.logGroupArn;
  expect((await logs.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual({ a: "1" });
  const { logStreams } = await logs.send(
    new DescribeLogStreamsCommand({ ...group, orderBy: "LastEventTime", descending: true }),
  );
  expect(logStreams).toMatchObject([{ logStreamName: "task/1", lastEventTimestamp: 1000 }]);
  await logs.send(new DeleteLogGroupCommand(group));
  await expect(write("b")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

it("existing groups and streams are not created again, and a retention must be one of AWS's", async () => {
  const { logs } = await startLogs();
  const again = logs.send(new CreateLogGroupCommand(group));
  await expect(again).rejects.toMatchObject({ name: "ResourceAlreadyExistsException" });
  const odd = logs.send(new PutRetentionPolicyCommand({ ...group, retentionInDays: 2 }));
  await expect(odd).rejects.toMatchObject({ name: "InvalidParameterException" });
});

it("a line in the embedded metric format becomes metrics, one per set of dimensions", async () => {
  const put: any[] = [];
  const { config } = await startStage((cloud) => ({
    logs: createLogs(cloud),
    monitoring: stub({
      PutMetricData: (input) => {
        put.push(input);
        return {};
      },
    }),
  }));
  const logs = new CloudWatchLogsClient(config);
  await logs.send(new CreateLogGroupCommand(group));
  await logs.send(new CreateLogStreamCommand(stream));
  const line = (change: object) =>
    JSON.stringify({
      _aws: {
        Timestamp: 90_000,
        CloudWatchMetrics: [
          {
            Namespace: "Deploy",
            Dimensions: [["App", "Version"], ["App"]],
            Metrics: [{ Name: "OpenConnections", Unit: "Count" }, { Name: "Missing" }],
          },
        ],
      },
      App: "shop",
      Version: "v",
      OpenConnections: 3,
      ...change,
    });
  const messages = [line({}), line({ Version: undefined }), line({ _aws: {} }), '{"_aws"', 'say "_aws"'];
  await logs.send(
    new PutLogEventsCommand({
      ...stream,
      logEvents: messages.map((message) => ({ message, timestamp: 1000 })),
    }),
  );
  const [app, version] = [
    { Name: "App", Value: "shop" },
    { Name: "Version", Value: "v" },
  ];
  const published = put.map(
    ({ Namespace, MetricData: [{ MetricName, Dimensions, Values, Timestamp }, ...more] }) => [
      Namespace,
      MetricName,
      Dimensions,
      Values,
      Timestamp.getTime(),
      more.length,
    ],
  );
  expect(published).toEqual([
    ["Deploy", "OpenConnections", [app, version], [3], 90_000, 0],
    ["Deploy", "OpenConnections", [app], [3], 90_000, 0],
    ["Deploy", "OpenConnections", [app], [3], 90_000, 0],
  ]);
});
