import type {
  FilterLogEventsRequest,
  FilterLogEventsResponse,
  GetLogEventsRequest,
  GetLogEventsResponse,
  PutLogEventsRequest,
  PutLogEventsResponse,
} from "@aws-sdk/client-cloudwatch-logs";
import { AwsError, notImplemented } from "../../aws-error.ts";
import { refuseUnknown } from "../known-members.ts";
import { byName } from "../sorted-pages.ts";
import { groupOf, type LogEvent, type LogGroups, streamOf } from "./log-group.ts";

const EVENTS_KEPT = 10_000;
/** Maximum number of events in one response (GetLogEvents, FilterLogEvents). */
const PAGE_SIZE = 10_000;

/** Adds events to a stream. */
export function putLogEvents(
  groups: LogGroups,
  input: PutLogEventsRequest,
  now: number,
): PutLogEventsResponse {
  const stream = streamOf(groupOf(groups, input.logGroupName), input.logStreamName);
  const before = stream.events.at(-1)?.timestamp ?? 0;
  for (const { timestamp, message } of input.logEvents!) {
    const eventId = `${stream.createdAt}${String(stream.dropped + stream.events.length).padStart(20, "0")}`;
    stream.events.push({ timestamp: timestamp!, message: message!, ingestionTime: now, eventId });
  }
  if ((input.logEvents![0]?.timestamp ?? before) < before)
    stream.events.sort((a, b) => a.timestamp - b.timestamp);
  const excess = stream.events.length - EVENTS_KEPT;
  if (excess > 0) {
    stream.events.splice(0, excess);
    stream.dropped += excess;
  }
  return { nextSequenceToken: "0" };
}

/**
 * Returns a page of one stream: from its end, from its beginning, or from a token (`f/<position>` forward, `b/…`
 * backward).
 */
export function getLogEvents(groups: LogGroups, input: GetLogEventsRequest): GetLogEventsResponse {
  const group = groupOf(groups, input.logGroupName, input.logGroupIdentifier);
  const stream = streamOf(group, input.logStreamName);
  const limit = input.limit ?? PAGE_SIZE;
  const events = stream.events.filter((event) => isWithin(event, input));
  const [direction, position] = readToken(input.nextToken);
  let from = input.startFromHead ? 0 : Math.max(0, events.length - limit);
  if (direction === "f") from = position - stream.dropped;
  if (direction === "b") from = position - stream.dropped - limit;
  const to = direction === "b" ? position - stream.dropped : from + limit;
  const page = events.slice(Math.max(0, from), Math.max(0, to));
  const start = Math.max(0, Math.min(from, events.length));
  return {
    events: page.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
    nextForwardToken: `f/${stream.dropped + start + page.length}`,
    nextBackwardToken: `b/${stream.dropped + start}`,
  };
}

/** Returns events of all or some streams of a group, filtered by time and plain terms. */
export function filterLogEvents(groups: LogGroups, input: FilterLogEventsRequest): FilterLogEventsResponse {
  refuseUnknown("logs:FilterLogEvents", input, [
    "logGroupName",
    "logGroupIdentifier",
    "logStreamNames",
    "logStreamNamePrefix",
    "startTime",
    "endTime",
    "filterPattern",
    "nextToken",
    "limit",
    "interleaved",
  ]);
  const group = groupOf(groups, input.logGroupName, input.logGroupIdentifier);
  const terms = readTerms(input.filterPattern ?? "");
  const found = [...group.streams.values()]
    .filter(({ name }) => input.logStreamNames?.includes(name) ?? true)
    .filter(({ name }) => name.startsWith(input.logStreamNamePrefix ?? ""))
    .flatMap((stream) => stream.events.map((event) => ({ ...event, logStreamName: stream.name })))
    .filter((event) => isWithin(event, { ...input, endTime: (input.endTime ?? Infinity) + 1 }))
    .filter(({ message }) => terms.every((term) => message.includes(term)))
    .sort((a, b) => a.timestamp - b.timestamp || byName(a.eventId, b.eventId));
  const [, start] = readToken(input.nextToken);
  const events = found.slice(start, start + (input.limit ?? PAGE_SIZE));
  const end = start + events.length;
  return { events, nextToken: end < found.length ? `f/${end}` : undefined };
}

/** Whether an event is between the start (inclusive) and the end (exclusive), as in GetLogEvents. */
function isWithin(
  event: LogEvent,
  { startTime, endTime }: { startTime?: number; endTime?: number },
): boolean {
  return event.timestamp >= (startTime ?? 0) && event.timestamp < (endTime ?? Number.POSITIVE_INFINITY);
}

function readToken(token: string | undefined): [direction: string | undefined, position: number] {
  if (token === undefined) return [undefined, 0];
  const [, direction, position] = /^([fb])\/(\d+)$/.exec(token) ?? [];
  if (direction === undefined)
    throw new AwsError(
      "InvalidParameterException",
      `The token "${token}" did not come from an earlier page.`,
    );
  return [direction, Number(position)];
}

/** Parses plain words and "quoted phrases", all of which a message must contain. */
function readTerms(pattern: string): string[] {
  if (/^\s*[{[%]/.test(pattern) || /(^|\s)[-?]/.test(pattern))
    throw notImplemented(`logs:FilterLogEvents with the pattern ${pattern}`);
  return [...pattern.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word!);
}
