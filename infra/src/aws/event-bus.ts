import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";

/** `source` of every event of Lockstep. */
export const EVENT_SOURCE = "lockstep";
/** Increases with every change that breaks consumers. New fields do not increase it. */
const DETAIL_SCHEMA = 1;
/** Time limit of a call, so that EventBridge cannot delay an operation for longer. */
const TIMEOUT_MS = 5000;
/** PutEvents accepts at most 256 KB. */
const MAX_FAILURES = 20;
const MAX_MESSAGE_LENGTH = 1000;

interface CommonDetail {
  app: string;
  /** Who or what did it: a user name, or `janitor`. */
  actor: string;
  /** Optional: the reason that the operator gave. */
  reason?: string | undefined;
}

interface VersionDetail extends CommonDetail {
  version: string;
}

/** The detail of each detail type. docs/operations.md documents them for consumers. */
interface EventDetails {
  /** The version is in the version map: requests that name it are routed to it. */
  "Version Published": VersionDetail;
  /** New pages receive the version. `previous`: the version that was current before. */
  "Version Promoted": VersionDetail & { previous?: string | undefined };
  /** Open pages are forced off the version. */
  "Version Recalled": VersionDetail;
  /** Tasks, listener rule and stack of the version are deleted. */
  "Version Retired": VersionDetail;
  /** Actions of a run of the janitor failed. `failureCount` also counts failures that do not fit into `failures`. */
  "Janitor Failed": CommonDetail & { failures: { what: string; message: string }[]; failureCount: number };
}

export type LockstepEvent = {
  [Type in keyof EventDetails]: { type: Type; detail: EventDetails[Type] };
}[keyof EventDetails];

/** An event that was not put on the bus, and why. */
export interface EventFailure {
  type: LockstepEvent["type"];
  version?: string;
  message: string;
}

export type SendEvents = (...events: LockstepEvent[]) => Promise<void>;

/**
 * Returns a function that puts events on the default event bus of the client's region. It never throws: an operation
 * does not fail because of an event. An event is put at most once, and is lost if the process is killed before.
 *
 * @param onFailure called for each event that was not put
 */
export function eventSender(
  events: Pick<EventBridgeClient, "send">,
  onFailure: (failure: EventFailure) => void,
): SendEvents {
  return async (...all) => {
    for (const { type, detail } of all) {
      const message = await put(type, detail, events);
      if (message === undefined) continue;
      onFailure({ type, message, ...("version" in detail && { version: detail.version }) });
    }
  };
}

/** @returns why the event was not put; `undefined` if it was */
async function put(
  DetailType: string,
  detail: object,
  events: Pick<EventBridgeClient, "send">,
): Promise<string | undefined> {
  const Detail = JSON.stringify({ schema: DETAIL_SCHEMA, ...detail });
  try {
    const { Entries: [entry] = [] } = await events.send(
      new PutEventsCommand({ Entries: [{ Source: EVENT_SOURCE, DetailType, Detail }] }),
      { abortSignal: AbortSignal.timeout(TIMEOUT_MS) },
    );
    return entry?.ErrorCode && `${entry.ErrorCode}: ${entry.ErrorMessage}`;
  } catch (error) {
    const { name, message } = error as Error;
    return `${name}: ${message}`;
  }
}

/** The event of a run that failed, with as many failures as fit. */
export function janitorFailed(
  app: string,
  failures: readonly { what: string; message: string }[],
): LockstepEvent {
  const shown = failures.slice(0, MAX_FAILURES).map(({ what, message }) => ({
    what,
    message: message.slice(0, MAX_MESSAGE_LENGTH),
  }));
  const detail = { app, actor: "janitor", failures: shown, failureCount: failures.length };
  return { type: "Janitor Failed", detail };
}
