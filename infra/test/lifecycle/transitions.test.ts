import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LockstepError } from "../../src/base/lockstep-error.ts";
import { brokenInvariant, emptyLedger, isRoutable, type Ledger } from "../../src/lifecycle/ledger.ts";
import type { LedgerEvent } from "../../src/lifecycle/ledger-event.ts";
import { applyEvent, isAllowed } from "../../src/lifecycle/transitions.ts";
import { deployOf, idOf, ledgerAfter, releaseOf, targetGroupArnOf } from "./samples.ts";

const [a, b] = [idOf(1), idOf(2)] as const;

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    return (error as LockstepError).code;
  }
  return undefined;
}

describe("applyEvent()", () => {
  it("moves a version from deploying to current, and the previous one to superseded", () => {
    const ledger = ledgerAfter([...releaseOf(a), ...releaseOf(b)], 7);
    expect(ledger.current).toBe(b);
    expect(ledger.versions[b]).toMatchObject({ state: "current", slot: 2, promotedAt: 7 });
    expect(ledger.versions[a]).toMatchObject({ state: "superseded", slot: 1, supersededAt: 7 });
    expect(ledger.revision).toBe(6);
  });

  it("promotes a superseded version again", () => {
    const ledger = ledgerAfter([...releaseOf(a), ...releaseOf(b), { type: "promote", id: a }]);
    expect(ledger.current).toBe(a);
    expect(ledger.versions[a]).not.toHaveProperty("supersededAt");
    expect(ledger.versions[b]?.state).toBe("superseded");
  });

  it("records who, what, when and why in the history", () => {
    const ledger = applyEvent(emptyLedger(), deployOf(a), { actor: "ada", reason: "fix" }, 5);
    expect(ledger.history).toEqual([
      { revision: 1, at: 5, actor: "ada", event: "deploy", version: a, reason: "fix" },
    ]);
  });

  it("does not change its argument", () => {
    const before = ledgerAfter(releaseOf(a));
    const copy = structuredClone(before);
    applyEvent(before, deployOf(b), { actor: "test" }, 1);
    expect(before).toEqual(copy);
  });

  it("frees a slot only when its version is retired, and assigns the lowest free slot", () => {
    const leaving: LedgerEvent[] = [
      { type: "drain", id: a },
      { type: "unroute", id: a },
      { type: "dismantle", id: a },
    ];
    const draining = ledgerAfter([...releaseOf(a), ...releaseOf(b), ...leaving]);
    expect(ledgerAfter([deployOf(idOf(3))], 0, draining).versions[idOf(3)]?.slot).toBe(3);
    const retired = ledgerAfter([{ type: "retire", id: a }], 0, draining);
    expect(ledgerAfter([deployOf(idOf(3))], 0, retired).versions[idOf(3)]?.slot).toBe(1);
  });

  it.each<[string, LedgerEvent[], LedgerEvent, string]>([
    ["draining current", releaseOf(a), { type: "drain", id: a }, "IS_CURRENT"],
    ["retiring current", releaseOf(a), { type: "retire", id: a }, "IS_CURRENT"],
    ["promoting a version that is not published", [deployOf(a)], { type: "promote", id: a }, "WRONG_STATE"],
    [
      "publishing a failed version",
      [deployOf(a), { type: "fail", id: a }],
      { type: "publish", id: a, targetGroupArn: "" },
      "WRONG_STATE",
    ],
    ["an unknown version", [], { type: "promote", id: a }, "VERSION_UNKNOWN"],
    ["an existing id", [deployOf(a)], deployOf(a), "VERSION_EXISTS"],
    ["one more than maxVersions", [deployOf(a), deployOf(b)], deployOf(idOf(3), 2), "TOO_MANY_VERSIONS"],
    [
      "deleting a stack that edges may route to",
      [...releaseOf(a), ...releaseOf(b), { type: "drain", id: a }],
      { type: "dismantle", id: a },
      "WRONG_STATE",
    ],
    [
      "retiring a version that still runs",
      [...releaseOf(a), ...releaseOf(b), { type: "drain", id: a }, { type: "unroute", id: a }],
      { type: "retire", id: a },
      "WRONG_STATE",
    ],
    ["forgetting a version that is not retired", releaseOf(a), { type: "forget", id: a }, "WRONG_STATE"],
  ])("refuses %s", (_, events, event, code) => {
    const ledger = ledgerAfter(events);
    expect(codeOf(() => applyEvent(ledger, event, { actor: "test" }, 0))).toBe(code);
  });

  it("refuses the 91st version that would own a slot", () => {
    const full = ledgerAfter(Array.from({ length: 90 }, (_, n) => deployOf(idOf(n), 91)));
    expect(codeOf(() => applyEvent(full, deployOf(idOf(90), 91), { actor: "test" }, 0))).toBe("NO_FREE_SLOT");
  });
});

const TYPES = [
  "publish",
  "promote",
  "fail",
  "drain",
  "recall",
  "raise-floor",
  "revive",
  "announce",
  "unroute",
  "dismantle",
  "retire",
  "delete-files",
  "forget",
] as const;

function eventOf(type: (typeof TYPES)[number], id: string): Exclude<LedgerEvent, { type: "deploy" }> {
  return { type, id, targetGroupArn: targetGroupArnOf(id), endsAt: 9 };
}

describe("applyEvent(), for every state and every event", () => {
  const promoted = [...releaseOf(a), ...releaseOf(b)];
  const drained: LedgerEvent[] = [...promoted, { type: "drain", id: a }];
  const unrouted: LedgerEvent[] = [...drained, { type: "unroute", id: a }];
  const dismantled: LedgerEvent[] = [...unrouted, { type: "dismantle", id: a }];
  const failed: LedgerEvent[] = [...releaseOf(b), deployOf(a), { type: "fail", id: a }];
  const recalled: LedgerEvent[] = [...promoted, { type: "recall", id: a }];

  it.each<[string, LedgerEvent[], (typeof TYPES)[number][]]>([
    ["deploying", [...releaseOf(b), deployOf(a)], ["publish", "fail"]],
    ["failed", failed, ["dismantle"]],
    ["failed, its stack being deleted", [...failed, { type: "dismantle", id: a }], ["retire"]],
    ["published", [...releaseOf(b), ...releaseOf(a).slice(0, 2)], ["promote", "drain", "recall", "announce"]],
    ["current", releaseOf(a), ["raise-floor"]],
    ["superseded", promoted, ["promote", "drain", "recall", "announce", "raise-floor"]],
    ["draining", drained, ["recall", "revive", "unroute", "raise-floor"]],
    ["draining, out of the map", unrouted, ["recall", "revive", "dismantle", "raise-floor"]],
    ["draining, its stack being deleted", dismantled, ["recall", "retire", "raise-floor"]],
    ["recalled", recalled, ["unroute", "raise-floor"]],
    ["retired", [...dismantled, { type: "retire", id: a }], ["delete-files", "forget", "raise-floor"]],
  ])("a version that is %s accepts exactly the allowed events", (state, events, allowed) => {
    const ledger = ledgerAfter(events, 7);
    const accepted = TYPES.filter((type) => isAllowed(ledger, eventOf(type, a)));
    // The floor concerns all versions. It can rise up to current.
    const wanted = state === "failed" || state.startsWith("failed") ? [...allowed, "raise-floor"] : allowed;
    const floor = ["deploying", "published"].includes(state) ? [...wanted, "raise-floor"] : wanted;
    expect(new Set(accepted)).toEqual(new Set(floor));
    for (const type of TYPES.filter((one) => !accepted.includes(one)))
      expect(
        codeOf(() => applyEvent(ledger, eventOf(type, a), { actor: "test" }, 8)),
        type,
      ).toMatch(/^[A-Z_]+$/);
  });

  it("revives a draining version in its earlier state, so that it can be promoted", () => {
    const ledger = ledgerAfter([...unrouted, { type: "revive", id: a }], 9);
    expect(ledger.versions[a]).toMatchObject({ state: "superseded", supersededAt: 9, revivedAt: 9 });
    expect(ledger.versions[a]).not.toHaveProperty("unroutedAt");
    expect(ledgerAfter([{ type: "promote", id: a }], 9, ledger).current).toBe(a);
    const published = ledgerAfter([...releaseOf(b), ...releaseOf(a).slice(0, 2), { type: "drain", id: a }]);
    expect(ledgerAfter([{ type: "revive", id: a }], 9, published).versions[a]?.state).toBe("published");
  });

  it("refuses to publish, promote or revive a version below the floor", () => {
    const old = idOf(0);
    const floor: LedgerEvent = { type: "raise-floor", id: a };
    const deploying = ledgerAfter([...promoted, deployOf(old), floor]);
    expect(codeOf(() => ledgerAfter([eventOf("publish", old)], 0, deploying))).toBe("RECALLED");
    const superseded = ledgerAfter([...releaseOf(old), ...promoted, floor]);
    expect(codeOf(() => ledgerAfter([eventOf("promote", old)], 0, superseded))).toBe("RECALLED");
    const draining = ledgerAfter([eventOf("drain", old)], 0, superseded);
    expect(codeOf(() => ledgerAfter([eventOf("revive", old)], 0, draining))).toBe("RECALLED");
  });

  it("reports the recall of a version that is retired now", () => {
    const gone: LedgerEvent[] = (["unroute", "dismantle", "retire"] as const).map((type) => ({
      type,
      id: a,
    }));
    const recall: LedgerEvent = { type: "recall", id: a };
    const ledger = ledgerAfter([...releaseOf(a), ...releaseOf(b), recall, ...gone]);
    expect(ledger.versions[a]?.state).toBe("retired");
    expect(codeOf(() => ledgerAfter([eventOf("promote", a)], 0, ledger))).toBe("RECALLED");
  });

  it("refuses a promotion if another version became current after the decision", () => {
    const ledger = ledgerAfter([...promoted, ...releaseOf(idOf(3))]);
    const over = (id: string, unless: { notOver: string } | "newer"): LedgerEvent => ({
      type: "promote",
      id,
      unless,
    });
    expect(codeOf(() => ledgerAfter([over(a, { notOver: b })], 0, ledger))).toBe("OVERTAKEN");
    expect(ledgerAfter([over(a, { notOver: idOf(3) })], 0, ledger).current).toBe(a);
    expect(codeOf(() => ledgerAfter([over(b, "newer")], 0, ledger))).toBe("OVERTAKEN");
    expect(
      ledgerAfter([over(idOf(3), "newer")], 0, ledgerAfter(promoted.concat(releaseOf(idOf(3)).slice(0, 2))))
        .current,
    ).toBe(idOf(3));
  });

  it("lets the floor rise up to current, and never lowers it", () => {
    expect(codeOf(() => ledgerAfter([eventOf("raise-floor", a)]))).toBe("WRONG_STATE");
    const ledger = ledgerAfter(promoted);
    expect(codeOf(() => ledgerAfter([eventOf("raise-floor", idOf(9))], 0, ledger))).toBe("IS_CURRENT");
    const raised = ledgerAfter([eventOf("raise-floor", b)], 0, ledger);
    expect(codeOf(() => ledgerAfter([eventOf("raise-floor", a)], 0, raised))).toBe("WRONG_STATE");
  });
});

describe("applyEvent(), for any events in any order", () => {
  const anyEvent: fc.Arbitrary<LedgerEvent> = fc
    .tuple(
      fc.integer({ min: 0, max: 5 }),
      fc.oneof(fc.constant("deploy" as const), fc.constantFrom(...TYPES)),
    )
    .map(([n, type]) => (type === "deploy" ? deployOf(idOf(n)) : eventOf(type, idOf(n))));

  it("keeps at most one current, unique slots, a routable current, and rising revisions", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 80 }), (events) => {
        let ledger: Ledger = emptyLedger();
        for (const [now, event] of events.entries()) {
          const before = ledger;
          try {
            ledger = applyEvent(ledger, event, { actor: "test" }, now);
          } catch (error) {
            expect(error).toBeInstanceOf(LockstepError); // a known failure, and nothing changed
            expect(ledger).toBe(before);
            continue;
          }
          expect(brokenInvariant(ledger)).toBeUndefined();
          expect(ledger.revision).toBe(before.revision + 1);
          if (before.current !== undefined && event.type !== "promote")
            expect(ledger.current).toBe(before.current);
          if (ledger.current !== undefined) {
            expect(isRoutable(ledger.versions[ledger.current]!.state)).toBe(true);
            expect(ledger.current >= (ledger.floor ?? "")).toBe(true);
          }
          // A recalled version never becomes routable.
          for (const [id, { recalledAt, state }] of Object.entries(ledger.versions))
            if (recalledAt !== undefined) expect(isRoutable(state), id).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("accepts exactly the events that isAllowed() accepts", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), anyEvent, (events, event) => {
        let ledger: Ledger = emptyLedger();
        for (const past of events)
          if (past.type === "deploy" ? ledger.versions[past.id] === undefined : isAllowed(ledger, past))
            ledger = applyEvent(ledger, past, { actor: "test" }, 0);
        if (event.type === "deploy") return;
        const refused = codeOf(() => applyEvent(ledger, event, { actor: "test" }, 0)) !== undefined;
        expect(isAllowed(ledger, event)).toBe(!refused);
      }),
    );
  });
});
