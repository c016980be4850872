import { describe, expect, it } from "vitest";
import type { LedgerEvent } from "../../src/lifecycle/ledger-event.ts";
import { previousCurrent } from "../../src/operations/promote.ts";
import { chooseResumable } from "../../src/release/resume.ts";
import { deployOf, idOf, ledgerAfter, releaseOf, targetGroupArnOf } from "../lifecycle/samples.ts";

const [a, b, c] = [idOf(1), idOf(2), idOf(3)] as const;
const promote = (id: string): LedgerEvent => ({ type: "promote", id });

/** One event per second, so that the times show the order. */
function after(events: LedgerEvent[]) {
  return events.reduce(
    (ledger, event, index) => ledgerAfter([event], (index + 1) * 1000, ledger),
    ledgerAfter([]),
  );
}

describe("previousCurrent()", () => {
  it.each<[string, LedgerEvent[], string | undefined]>([
    ["no release yet", [], undefined],
    ["only one version", releaseOf(a), undefined],
    ["the previous version", [...releaseOf(a), ...releaseOf(b)], a],
    [
      "a second rollback does not return to the bad version",
      [...releaseOf(a), ...releaseOf(b), promote(a)],
      undefined,
    ],
    [
      "the version that was current last, not the newest",
      [...releaseOf(a), ...releaseOf(b), promote(a), ...releaseOf(c)],
      a,
    ],
    ["a draining version", [...releaseOf(a), ...releaseOf(b), { type: "drain", id: a }], a],
    ["not a recalled version", [...releaseOf(a), ...releaseOf(b), { type: "recall", id: a }], undefined],
    ["not a version that was never current", [...releaseOf(a).slice(0, 2), ...releaseOf(b)], undefined],
    [
      "not a version whose stack is being deleted",
      [
        ...releaseOf(a),
        ...releaseOf(b),
        { type: "drain", id: a },
        { type: "unroute", id: a },
        { type: "dismantle", id: a },
      ],
      undefined,
    ],
  ])("%s", (_, events, wanted) => {
    expect(previousCurrent(after(events))).toBe(wanted);
  });
});

describe("chooseResumable()", () => {
  const died = (...ids: string[]) => new Map(ids.map((id) => [id, "died" as const]));
  const publish = (id: string): LedgerEvent => ({
    type: "publish",
    id,
    targetGroupArn: targetGroupArnOf(id),
  });

  it("chooses the newest release that was killed before its version was current", () => {
    const ledger = after([...releaseOf(a), deployOf(b), deployOf(c), publish(c)]);
    expect(chooseResumable(ledger, died(b, c), undefined)).toBe(c);
    expect(chooseResumable(ledger, died(b, c), b)).toBe(b);
  });

  it.each<[string, LedgerEvent[], Map<string, "running" | "died">, string | undefined, RegExp]>([
    ["no release was killed", releaseOf(a), new Map(), undefined, /No release was killed/],
    ["its release runs", [deployOf(a)], new Map([[a, "running" as const]]), a, /is running/],
    ["it is current", releaseOf(a), died(a), a, /it is current/],
    ["it is not in the ledger", [], died(), a, /not in the ledger/],
    ["it was undone", [deployOf(a), { type: "fail", id: a }], died(a), a, /it is failed/],
  ])("refuses if %s", (_, events, releases, id, message) => {
    expect(() => chooseResumable(after(events), releases, id)).toThrow(message);
  });
});
