import { describe, expect, it } from "vitest";
import {
  type EventFailure,
  eventSender,
  janitorFailed,
  type LockstepEvent,
} from "../../src/aws/event-bus.ts";
import { idOf } from "../lifecycle/samples.ts";

const id = idOf(1);
const retired: LockstepEvent = {
  type: "Version Retired",
  detail: { app: "shop", version: id, actor: "janitor", reason: "last request 3 h ago" },
};

/** Sends an event to a client that gives one answer. */
async function send(answer: () => unknown, event = retired) {
  const inputs: object[] = [];
  const failures: EventFailure[] = [];
  const events = {
    async send({ input }: { input: object }) {
      inputs.push(input);
      return answer();
    },
  };
  await eventSender(events as never, (failure) => failures.push(failure))(event);
  return { inputs, failures };
}

describe("eventSender()", () => {
  it("puts an event with the source, the detail type and the documented detail", async () => {
    const { inputs, failures } = await send(() => ({ Entries: [{ EventId: "1" }] }));
    expect(inputs).toEqual([
      {
        Entries: [
          {
            Source: "lockstep",
            DetailType: "Version Retired",
            Detail: `{"schema":1,"app":"shop","version":"${id}","actor":"janitor","reason":"last request 3 h ago"}`,
          },
        ],
      },
    ]);
    expect(failures).toEqual([]);
  });

  it("reports an entry that EventBridge did not accept", async () => {
    const entry = { ErrorCode: "InternalFailure", ErrorMessage: "try again" };
    const { failures } = await send(() => ({ FailedEntryCount: 1, Entries: [entry] }));
    expect(failures).toEqual([
      { type: "Version Retired", version: id, message: "InternalFailure: try again" },
    ]);
  });

  it("reports a failed call and does not throw", async () => {
    const { failures } = await send(() => {
      throw Object.assign(new Error("no"), { name: "AccessDeniedException" });
    });
    expect(failures).toEqual([
      { type: "Version Retired", version: id, message: "AccessDeniedException: no" },
    ]);
  });
});

describe("janitorFailed()", () => {
  it("counts all failures, and contains the first 20, shortened", () => {
    const failures = Array.from({ length: 25 }, (_, n) => ({ what: `${n}`, message: "x".repeat(5000) }));
    const { type, detail } = janitorFailed("shop", failures);
    expect(type).toBe("Janitor Failed");
    expect(detail).toMatchObject({ app: "shop", actor: "janitor", failureCount: 25 });
    expect(JSON.stringify(detail).length).toBeLessThan(25_000);
  });
});
