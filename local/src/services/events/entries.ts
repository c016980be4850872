import { AwsError, notImplemented } from "../../aws-error.ts";
import { refuseUnknown } from "../known-members.ts";

/** One entry of PutEvents, as the SDK for JavaScript sends it. */
export interface PutEventsEntry {
  Time?: Date;
  Source?: string;
  Resources?: string[];
  DetailType?: string;
  Detail?: string;
  EventBusName?: string;
}

interface FailedEntry {
  ErrorCode: string;
  ErrorMessage: string;
}

/** Maximum number of entries in one request, and maximum size of all its entries (EventBridge quotas for PutEvents). */
const MAX_ENTRIES = 10;
const MAX_BYTES = 256 * 1024;
/** Maximum length of a detail type, in characters (EventBridge API reference, `PutEventsRequestEntry`). */
const MAX_DETAIL_TYPE = 128;

/**
 * Refuses a whole request.
 *
 * @throws AwsError ValidationException
 */
export function checkEntries(entries: readonly PutEventsEntry[]): void {
  for (const entry of entries) {
    refuseUnknown("events:PutEvents: Entries", entry, [
      "Time",
      "Source",
      "Resources",
      "DetailType",
      "Detail",
      "EventBusName",
    ]);
    const { EventBusName = "default" } = entry;
    if (EventBusName !== "default" && !EventBusName.endsWith(":event-bus/default"))
      throw notImplemented(`events:PutEvents: EventBusName ${EventBusName}`);
  }
  if (entries.length < 1 || entries.length > MAX_ENTRIES)
    throw new AwsError(
      "ValidationException",
      `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and ${MAX_ENTRIES}`,
    );
  const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (bytes > MAX_BYTES)
    throw new AwsError("ValidationException", "Total size of the entries in the request is over the limit.");
  if (entries.every(({ Source, DetailType, Detail }) => !Source || !DetailType || !Detail))
    throw new AwsError(
      "ValidationException",
      "No entry has each of Source, DetailType and Detail, which EventBridge requires.",
    );
}

/** Returns the error of one entry, which does not affect other entries; `undefined` if the entry is accepted. */
export function refusalOf({ Source, DetailType, Detail }: PutEventsEntry): FailedEntry | undefined {
  for (const [name, value] of Object.entries({ Source, DetailType, Detail }))
    if (!value)
      return {
        ErrorCode: "InvalidArgument",
        ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
      };
  if (DetailType!.length > MAX_DETAIL_TYPE)
    return {
      ErrorCode: "InvalidArgument",
      ErrorMessage: `Parameter DetailType is not valid. Reason: It is longer than ${MAX_DETAIL_TYPE} characters.`,
    };
  if (Source!.startsWith("aws."))
    return { ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source." };
  return isObject(Detail!)
    ? undefined
    : { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
}

/** Returns an entry's size as EventBridge counts it: 14 bytes for a time, and the UTF-8 bytes of the texts. */
function sizeOf({ Time, Source = "", DetailType = "", Detail = "", Resources = [] }: PutEventsEntry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), Time === undefined ? 0 : 14);
}

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
