/**
 * Amazon CloudWatch Logs.
 *
 * **Gaps**: no subscriptions, metric filters, Insights or exports. A filter pattern can only contain plain terms.
 * Retention is recorded, but no event expires.
 * Lines in the embedded metric format become metrics at once. Invalid directives are skipped (AWS counts them in
 * `AWS/Logs`).
 * **By design**: a stream keeps its last 10,000 events, which limits the memory of verbose tasks.
 * **Client quirks**: members are camelCase. GetLogEvents always returns both tokens; an unchanged token means the end.
 */
import type {
  CreateLogGroupRequest,
  CreateLogStreamRequest,
  DeleteLogStreamRequest,
  DescribeLogGroupsRequest,
  DescribeLogGroupsResponse,
  DescribeLogStreamsRequest,
  DescribeLogStreamsResponse,
  PutLogEventsRequest,
  PutRetentionPolicyRequest,
} from "@aws-sdk/client-cloudwatch-logs";
import { AwsError } from "../../aws-error.ts";
import { type Cloud, perRegion, type Service } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import { byName, pageOf } from "../sorted-pages.ts";
import { embeddedMetrics } from "./embedded-metrics.ts";
import { filterLogEvents, getLogEvents, putLogEvents } from "./events.ts";
import {
  describeGroup,
  describeStream,
  groupArn,
  groupOf,
  type LogGroup,
  type LogGroups,
  streamOf,
} from "./log-group.ts";
import { tagActions } from "./tags.ts";

const PAGE_SIZE = 50;
/** Permitted retention in days (PutRetentionPolicy). */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Creates CloudWatch Logs with log groups per region. */
export function createLogs(cloud: Cloud): Service {
  const groupsOf = perRegion((): LogGroups => new Map());
  return {
    actions: {
      CreateLogGroup: (input: CreateLogGroupRequest, scope) =>
        createLogGroup(groupsOf(scope), input, scope.region, cloud.now()),
      DeleteLogGroup: (input: { logGroupName: string }, scope) => {
        groupsOf(scope).delete(groupOf(groupsOf(scope), input.logGroupName).name);
        return {};
      },
      DescribeLogGroups: (input: DescribeLogGroupsRequest, scope) => describeGroups(groupsOf(scope), input),
      PutRetentionPolicy: (input: PutRetentionPolicyRequest, scope) => {
        if (!RETENTION_DAYS.includes(input.retentionInDays!)) {
          throw new AwsError(
            "InvalidParameterException",
            `A retention of ${input.retentionInDays} days is not one of ${RETENTION_DAYS.join(", ")}.`,
          );
        }
        groupOf(groupsOf(scope), input.logGroupName).retentionInDays = input.retentionInDays;
        return {};
      },
      DeleteRetentionPolicy: (input: { logGroupName: string }, scope) => {
        groupOf(groupsOf(scope), input.logGroupName).retentionInDays = undefined;
        return {};
      },
      CreateLogStream: (input: CreateLogStreamRequest, scope) => {
        const group = groupOf(groupsOf(scope), input.logGroupName);
        const name = input.logStreamName!;
        if (group.streams.has(name))
          throw new AwsError("ResourceAlreadyExistsException", `The log stream ${name} already exists.`);
        group.streams.set(name, { name, createdAt: cloud.now(), events: [], dropped: 0 });
        return {};
      },
      DeleteLogStream: (input: DeleteLogStreamRequest, scope) => {
        const group = groupOf(groupsOf(scope), input.logGroupName);
        group.streams.delete(streamOf(group, input.logStreamName).name);
        return {};
      },
      DescribeLogStreams: (input: DescribeLogStreamsRequest, scope) =>
        describeStreams(groupOf(groupsOf(scope), input.logGroupName, input.logGroupIdentifier), input),
      PutLogEvents: async (input: PutLogEventsRequest, scope) => {
        const answer = putLogEvents(groupsOf(scope), input, cloud.now());
        for (const { message } of input.logEvents!)
          for (const metrics of embeddedMetrics(message!))
            await cloud.call("monitoring", "PutMetricData", metrics, scope);
        return answer;
      },
      GetLogEvents: (input, scope) => getLogEvents(groupsOf(scope), input),
      FilterLogEvents: (input, scope) => filterLogEvents(groupsOf(scope), input),
      ...tagActions(groupsOf),
    },
  };
}

function createLogGroup(
  groups: LogGroups,
  input: CreateLogGroupRequest,
  region: string,
  now: number,
): object {
  refuseUnknown("logs:CreateLogGroup", input, ["logGroupName", "tags", "logGroupClass"]);
  const name = input.logGroupName!;
  if (!/^[\w./#-]{1,512}$/.test(name))
    throw new AwsError("InvalidParameterException", `"${name}" is not a valid name of a log group.`);
  if (groups.has(name))
    throw new AwsError("ResourceAlreadyExistsException", `The log group ${name} already exists.`);
  const group: LogGroup = {
    name,
    arn: groupArn(name, region),
    createdAt: now,
    retentionInDays: undefined,
    tags: new Map(Object.entries(input.tags ?? {})),
    streams: new Map(),
  };
  groups.set(name, group);
  return {};
}

function describeGroups(groups: LogGroups, input: DescribeLogGroupsRequest): DescribeLogGroupsResponse {
  refuseUnknown("logs:DescribeLogGroups", input, [
    "logGroupNamePrefix",
    "logGroupNamePattern",
    "limit",
    "nextToken",
  ]);
  const shown = [...groups.values()]
    .filter(({ name }) => name.startsWith(input.logGroupNamePrefix ?? ""))
    .filter(({ name }) => name.toLowerCase().includes((input.logGroupNamePattern ?? "").toLowerCase()))
    .sort((a, b) => byName(a.name, b.name));
  const page = pageOf(shown, ({ name }) => name, pageOptions(input));
  return { logGroups: page.items.map(describeGroup), nextToken: page.nextToken };
}

function describeStreams(group: LogGroup, input: DescribeLogStreamsRequest): DescribeLogStreamsResponse {
  const streams = [...group.streams.values()].filter(({ name }) =>
    name.startsWith(input.logStreamNamePrefix ?? ""),
  );
  const keyOf = (stream: (typeof streams)[number]): string =>
    input.orderBy === "LastEventTime"
      ? `${String(stream.events.at(-1)?.timestamp ?? 0).padStart(15, "0")} ${stream.name}`
      : stream.name;
  streams.sort((a, b) => byName(keyOf(a), keyOf(b)));
  if (input.descending) {
    // Pages are sorted by increasing keys. In descending order, only the newest streams are returned.
    const newest = streams.reverse().slice(0, input.limit ?? PAGE_SIZE);
    return { logStreams: newest.map((stream) => describeStream(group, stream)) };
  }
  const page = pageOf(streams, keyOf, pageOptions(input));
  return {
    logStreams: page.items.map((stream) => describeStream(group, stream)),
    nextToken: page.nextToken,
  };
}

function pageOptions(input: { limit?: number; nextToken?: string }) {
  return { size: input.limit ?? PAGE_SIZE, token: input.nextToken, errorCode: "InvalidParameterException" };
}
