import type {
  LogGroup as DescribedGroup,
  LogStream as DescribedStream,
} from "@aws-sdk/client-cloudwatch-logs";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT } from "../../cloud.ts";

export interface LogGroup {
  name: string;
  arn: string;
  createdAt: number;
  retentionInDays: number | undefined;
  tags: Map<string, string>;
  streams: Map<string, LogStream>;
}

export interface LogStream {
  name: string;
  createdAt: number;
  /** Sorted by timestamp. */
  events: LogEvent[];
  /** Number of dropped old events. Positions in tokens count from the very first event. */
  dropped: number;
}

export interface LogEvent {
  timestamp: number;
  message: string;
  ingestionTime: number;
  eventId: string;
}

export type LogGroups = Map<string, LogGroup>;

export function groupArn(name: string, region: string): string {
  return `arn:aws:logs:${region}:${ACCOUNT}:log-group:${name}`;
}

/** Finds a group by name, or by AWS's identifier: the name or the ARN. */
export function groupOf(groups: LogGroups, name: string | undefined, identifier?: string): LogGroup {
  const wanted = name ?? identifier?.replace(/^arn:aws:logs:[^:]+:\d+:log-group:/, "").replace(/:\*$/, "");
  const group = wanted === undefined ? undefined : groups.get(wanted);
  if (group === undefined)
    throw new AwsError("ResourceNotFoundException", `The log group ${wanted} does not exist.`);
  return group;
}

export function streamOf(group: LogGroup, name: string | undefined): LogStream {
  const stream = group.streams.get(name ?? "");
  if (stream === undefined) {
    throw new AwsError(
      "ResourceNotFoundException",
      `The log stream ${name} does not exist in the log group ${group.name}.`,
    );
  }
  return stream;
}

export function describeGroup(group: LogGroup): DescribedGroup {
  const events = [...group.streams.values()].flatMap((stream) => stream.events);
  return {
    logGroupName: group.name,
    creationTime: group.createdAt,
    retentionInDays: group.retentionInDays,
    metricFilterCount: 0,
    arn: `${group.arn}:*`,
    logGroupArn: group.arn,
    storedBytes: events.reduce((bytes, { message }) => bytes + Buffer.byteLength(message), 0),
    logGroupClass: "STANDARD",
  };
}

export function describeStream(group: LogGroup, stream: LogStream): DescribedStream {
  return {
    logStreamName: stream.name,
    creationTime: stream.createdAt,
    firstEventTimestamp: stream.events[0]?.timestamp,
    lastEventTimestamp: stream.events.at(-1)?.timestamp,
    lastIngestionTime: stream.events.at(-1)?.ingestionTime,
    arn: `${group.arn}:log-stream:${stream.name}`,
    uploadSequenceToken: "0",
  };
}
