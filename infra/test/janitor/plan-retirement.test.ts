import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RequestEvidence } from "../../src/janitor/evidence/request-evidence.ts";
import { type Activity, planRetirement, type Resources } from "../../src/janitor/plan/plan-retirement.ts";
import type { RetirementPolicy } from "../../src/janitor/plan/policy.ts";
import type { Ledger } from "../../src/lifecycle/ledger.ts";
import type { LedgerEvent } from "../../src/lifecycle/ledger-event.ts";
import { deployOf, idOf, ledgerAfter, releaseOf, targetGroupArnOf } from "../lifecycle/samples.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const policy: RetirementPolicy = {
  graceSeconds: 3600,
  idleSeconds: 1800,
  windowSeconds: 24 * 3600,
  warnSeconds: 600,
  rollbackVersions: 0,
  rollbackSeconds: 3600,
  maxVersions: 20,
  keep: [],
  filesSeconds: 24 * 3600,
  everySeconds: 300,
  minTasks: 1,
};
const [old, current] = [idOf(1), idOf(2)] as const;
/** Superseded at 0, so `now` is its age. */
const ledger = ledgerAfter([...releaseOf(old), ...releaseOf(current)]);

function plan(options: {
  now: number;
  requests?: Record<string, RequestEvidence>;
  releases?: [string, "running" | "died"][];
  resources?: Partial<Resources>;
  ledger?: Ledger;
  policy?: Partial<RetirementPolicy>;
}) {
  const activity: Activity = { requests: options.requests ?? {}, releases: new Map(options.releases) };
  const resources = { orphans: [], ...options.resources };
  const given = { ...policy, ...options.policy };
  return planRetirement(options.ledger ?? ledger, activity, resources, given, options.now);
}

/** No request in the look-back time. */
const quiet = (now: number): RequestEvidence => ({ known: true, from: now - HOUR });
const lastAt = (at: number): RequestEvidence => ({ known: true, from: 0, lastAt: at });
/** The ledger after the pages of `old` were warned of its expiry. */
const warned = (endsAt: number, from = ledger): Ledger =>
  ledgerAfter([{ type: "announce", id: old, endsAt }], 0, from);

function codeFor(id: string, result: ReturnType<typeof plan>): string {
  const action = result.actions.find((one) => one.id === id);
  if (action !== undefined) return `${action.do}: ${action.code}`;
  return `keep: ${result.kept.find((one) => one.id === id)?.code}`;
}

describe("planRetirement()", () => {
  it.each<[string, number, RequestEvidence | undefined, string]>([
    ["in its grace time, even if idle", HOUR - 1, quiet(HOUR - 1), "keep: grace"],
    ["past its grace time and idle", HOUR, quiet(HOUR), "drain: idle"],
    ["past its grace time, with a request a minute ago", 2 * HOUR, lastAt(2 * HOUR - MINUTE), "keep: in-use"],
    ["idle for less than the idle time", 2 * HOUR, lastAt(2 * HOUR - 29 * MINUTE), "keep: in-use"],
    [
      "idle for the idle time, but the last minutes may not be counted yet",
      2 * HOUR,
      lastAt(2 * HOUR - 31 * MINUTE),
      "keep: in-use",
    ],
    ["idle for the idle time and the lag", 2 * HOUR, lastAt(2 * HOUR - 32 * MINUTE), "drain: idle"],
    ["in use until the window ends", 24 * HOUR - 1, lastAt(24 * HOUR - 1), "keep: in-use"],
    ["in use past the window, but its pages were not warned", 24 * HOUR, lastAt(24 * HOUR), "keep: in-use"],
  ])("superseded, %s", (_, now, evidence, code) => {
    expect(codeFor(old, plan({ now, requests: evidence && { [old]: evidence } }))).toBe(code);
  });

  it("never retires current", () => {
    const now = 1000 * HOUR;
    expect(codeFor(current, plan({ now, requests: { [current]: quiet(now) } }))).toBe("keep: current");
  });

  it("gives a reason and a time", () => {
    const kept = plan({ now: 3 * HOUR, requests: { [old]: lastAt(3 * HOUR - 5 * MINUTE) } }).kept;
    expect(kept.find(({ id }) => id === old)).toEqual({
      id: old,
      code: "in-use",
      reason: "last request 5 min ago",
      until: 24 * HOUR,
      ifUnused: 3 * HOUR - 5 * MINUTE + 32 * MINUTE,
    });
  });

  describe("faults of other tools", () => {
    it("a failed read of a metric is not idle", () => {
      const failed: RequestEvidence = { known: false, why: "AccessDenied" };
      expect(codeFor(old, plan({ now: 5 * HOUR, requests: { [old]: failed } }))).toBe("keep: unknown");
      expect(codeFor(old, plan({ now: 5 * HOUR }))).toBe("keep: unknown");
    });

    it("a metric that always fails does not keep a version past its window", () => {
      expect(codeFor(old, plan({ now: 24 * HOUR, ledger: warned(24 * HOUR) }))).toBe("drain: past-window");
    });

    it("the number of versions alone does not retire a version in use", () => {
      const now = 2 * HOUR;
      const crowded = { now, policy: { maxVersions: 2 } };
      expect(codeFor(old, plan({ ...crowded, requests: { [old]: lastAt(now) } }))).toBe("keep: in-use");
      expect(codeFor(old, plan({ ...crowded, requests: {} }))).toBe("keep: unknown");
    });

    it("idle versions do not wait for their grace time if the next release needs a slot", () => {
      const now = 40 * MINUTE;
      const requests = { [old]: quiet(now) };
      expect(codeFor(old, plan({ now, requests }))).toBe("keep: grace");
      expect(codeFor(old, plan({ now, requests, policy: { maxVersions: 2 } }))).toBe("drain: crowded");
    });

    it("requests to a draining version do not stop its retirement", () => {
      const draining = ledgerAfter([{ type: "drain", id: old }], 0, ledger);
      const now = 2 * HOUR;
      expect(codeFor(old, plan({ ledger: draining, now, requests: { [old]: lastAt(now) } }))).toBe(
        "finish: draining",
      );
    });

    it("files are kept for their lifetime after the version is retired", () => {
      const gone: LedgerEvent[] = ["drain", "unroute", "dismantle", "retire"].map(
        (type) => ({ type, id: old }) as LedgerEvent,
      );
      const retired = ledgerAfter(gone, 0, ledger);
      expect(codeFor(old, plan({ ledger: retired, now: 24 * HOUR - 1 }))).toBe("keep: files-kept");
      expect(codeFor(old, plan({ ledger: retired, now: 24 * HOUR }))).toBe("delete-files: unlisted");
    });
  });

  describe("the expiry of a version", () => {
    const busy = (now: number) => ({ now, requests: { [old]: lastAt(now) } });
    const announced = (options: Parameters<typeof plan>[0]) =>
      plan(options).upkeep.find((one) => one.do === "announce");

    it.each<[string, number, number | undefined]>([
      ["long before it", 23 * HOUR, undefined],
      ["one run before its warning is due", 24 * HOUR - 15 * MINUTE, 24 * HOUR],
      ["when its warning is due", 24 * HOUR - 10 * MINUTE, 24 * HOUR],
      [
        "too late for the whole warning time, so the expiry moves",
        24 * HOUR - MINUTE,
        24 * HOUR + 9 * MINUTE,
      ],
      ["a day late, by a janitor that was switched off", 48 * HOUR, 48 * HOUR + 10 * MINUTE],
    ])("is announced %s", (_, now, endsAt) => {
      expect(announced(busy(now))?.endsAt).toBe(endsAt);
    });

    it("is announced once, and again if the window was raised", () => {
      const now = 24 * HOUR - MINUTE;
      expect(announced({ ...busy(now), ledger: warned(24 * HOUR) })).toBeUndefined();
      const raised = { ...busy(now), ledger: warned(24 * HOUR), policy: { windowSeconds: 48 * 3600 } };
      expect(announced(raised)?.endsAt).toBe(48 * HOUR);
      expect(codeFor(old, plan(raised))).toBe("keep: in-use");
    });

    it.each<[string, number, number, string]>([
      ["before the announced end", 24 * HOUR + 5 * MINUTE, 24 * HOUR + 9 * MINUTE, "keep: in-use"],
      ["at the announced end", 24 * HOUR + 9 * MINUTE, 24 * HOUR + 9 * MINUTE, "drain: past-window"],
      ["after an announcement that was too early", 23 * HOUR, 22 * HOUR, "keep: in-use"],
    ])("retires a version in use %s", (_, now, endsAt, code) => {
      expect(codeFor(old, plan({ ...busy(now), ledger: warned(endsAt) }))).toBe(code);
    });

    it("needs no announcement without a warning time, or if the version is idle", () => {
      const unwarned = { ...busy(24 * HOUR), policy: { warnSeconds: 0 } };
      expect(codeFor(old, plan(unwarned))).toBe("drain: past-window");
      expect(plan(unwarned).upkeep).toEqual([]);
      const idle = { now: 25 * HOUR, requests: { [old]: quiet(25 * HOUR) } };
      expect(codeFor(old, plan(idle))).toBe("drain: idle");
      expect(plan(idle).upkeep).toEqual([]);
    });
  });

  describe("open connections", () => {
    it("keep a version without requests, and are shown", () => {
      const now = 5 * HOUR;
      const open: RequestEvidence = { known: true, from: now - HOUR, lastAt: now, open: 3 };
      const kept = plan({ now, requests: { [old]: open } }).kept.find(({ id }) => id === old);
      expect(kept).toEqual({ id: old, code: "in-use", reason: "3 open connections", until: 24 * HOUR });
    });

    it("are shown as 0 if the service reports none", () => {
      const now = 5 * HOUR;
      const closed: RequestEvidence = { known: true, from: now - HOUR, lastAt: now - 3 * HOUR, open: 0 };
      const [action] = plan({ now, requests: { [old]: closed } }).actions;
      expect(action?.reason).toBe("last request 3 h ago, 0 open connections, past its grace time");
    });
  });

  describe("versions that the policy keeps", () => {
    const versions = [1, 2, 3, 4, 5].map(idOf);
    const [first, second, third, fourth] = versions as [string, string, string, string, string];
    const many = versions.reduce(
      (led, id, hour) => ledgerAfter(releaseOf(id), hour * MINUTE, led),
      ledgerAfter([]),
    );
    const idle = (now: number) => Object.fromEntries(versions.map((id) => [id, quiet(now)]));
    const kept = (result: ReturnType<typeof plan>, code: string) =>
      result.kept.filter((one) => one.code === code).map(({ id }) => id);
    const at = (now: number, change: Partial<RetirementPolicy>, from = many) =>
      plan({ now, ledger: from, requests: idle(now), policy: change });

    it("keeps the versions that were current last for a rollback, for the configured time, even if idle", () => {
      const twoForTwoHours = { rollbackVersions: 2, rollbackSeconds: 2 * 3600 };
      expect(kept(at(1.5 * HOUR, twoForTwoHours), "rollback")).toEqual([third, fourth]);
      expect(kept(at(2 * HOUR + 3 * MINUTE, twoForTwoHours), "rollback")).toEqual([fourth]);
      expect(kept(at(2 * HOUR + 4 * MINUTE, twoForTwoHours), "rollback")).toEqual([]);
    });

    it("keeps versions for a rollback at the limit, but leaves a slot for the next release", () => {
      const crowded = at(40 * MINUTE, { rollbackVersions: 2, maxVersions: 5, graceSeconds: 7200 });
      expect(kept(crowded, "rollback")).toEqual([third, fourth]);
      expect(crowded.actions.map(({ id, code }) => [id, code])).toEqual([
        [first, "crowded"],
        [second, "crowded"],
      ]);
      expect(kept(at(10 * MINUTE, { rollbackVersions: 5, maxVersions: 4 }), "rollback")).toHaveLength(2);
    });

    it("does not keep versions for a rollback that were recalled, are below the floor, or were never current", () => {
      const recalled = ledgerAfter(
        [
          { type: "raise-floor", id: fourth },
          { type: "recall", id: fourth },
        ],
        0,
        many,
      );
      expect(kept(at(HOUR, { rollbackVersions: 9 }, recalled), "rollback")).toEqual([]);
      const unpromoted = idOf(6);
      const published = ledgerAfter(
        [
          deployOf(unpromoted),
          { type: "publish", id: unpromoted, targetGroupArn: targetGroupArnOf(unpromoted) },
        ],
        0,
        many,
      );
      const only = at(HOUR, { rollbackVersions: 1, rollbackSeconds: 7200 }, published);
      expect(kept(only, "rollback")).toEqual([fourth]);
    });

    it("keeps only versions older than current for a rollback, not the one that was rolled back", () => {
      const back = ledgerAfter([{ type: "promote", id: third }], 10 * MINUTE, many);
      const last = versions.at(-1)!;
      const result = at(40 * MINUTE, { rollbackVersions: 1, graceSeconds: 0 }, back);
      expect(kept(result, "rollback")).toEqual([second]);
      expect(codeFor(last, result)).toBe("drain: idle");
    });

    it("never changes versions in janitor.keep: not after the window, not their tasks, not their files", () => {
      const now = 100 * HOUR;
      const capacity = new Map([[first, { desired: 4, running: 4, fewest: 4 }]]);
      const options = { now, ledger: many, requests: idle(now), resources: { capacity } };
      const result = plan({ ...options, policy: { keep: [first] } });
      expect(codeFor(first, result)).toBe("keep: kept");
      expect(result.upkeep).toEqual([]);
      expect(codeFor(first, plan(options))).toBe("drain: idle");
      const gone = ["drain", "unroute", "dismantle", "retire"].map(
        (type) => ({ type, id: first }) as LedgerEvent,
      );
      const retired = ledgerAfter(gone, 0, many);
      expect(codeFor(first, plan({ now, ledger: retired, policy: { keep: [first] } }))).toBe("keep: kept");
    });
  });

  it("gives a new version its idle time, even at the limit of versions", () => {
    const fresh = idOf(3);
    const publishedAt = 2 * HOUR;
    const published = ledgerAfter(
      [deployOf(fresh), { type: "publish", id: fresh, targetGroupArn: targetGroupArnOf(fresh) }],
      publishedAt,
      ledger,
    );
    const at = (now: number) =>
      codeFor(
        fresh,
        plan({ now, ledger: published, requests: { [fresh]: quiet(now) }, policy: { maxVersions: 3 } }),
      );
    expect(at(publishedAt + 31 * MINUTE)).toBe("keep: grace");
    expect(at(publishedAt + 32 * MINUTE)).toBe("drain: crowded");
  });

  describe("releases that failed or were killed", () => {
    const fresh = idOf(3);
    const deploying = ledgerAfter([deployOf(fresh)], 0, ledger);
    const published = ledgerAfter(
      [{ type: "publish", id: fresh, targetGroupArn: targetGroupArnOf(fresh) }],
      0,
      deploying,
    );
    const failed = ledgerAfter([{ type: "fail", id: fresh }], 0, deploying);

    it.each<[string, Ledger, "running" | "died" | undefined, string]>([
      ["deploying, its release runs", deploying, "running", "keep: releasing"],
      ["deploying, its release was killed", deploying, "died", "fail: abandoned"],
      ["deploying, without a lease", deploying, undefined, "fail: abandoned"],
      ["failed, its release runs", failed, "running", "keep: releasing"],
      ["failed, without a lease", failed, undefined, "remove: failed"],
      ["published, its release runs", published, "running", "keep: releasing"],
      ["published, its release was killed", published, "died", "drain: abandoned"],
      ["published without a lease", published, undefined, "keep: grace"],
    ])("%s", (_, state, release, code) => {
      const requests = { [fresh]: quiet(MINUTE) };
      const releases = release && [[fresh, release] as [string, typeof release]];
      expect(codeFor(fresh, plan({ ledger: state, now: MINUTE, requests, releases }))).toBe(code);
    });
  });

  it("has exactly one decision per version, and drains only versions that are known to be idle or have expired", () => {
    const anyEvidence = fc.option(
      fc.oneof(
        fc.constant<RequestEvidence>({ known: false, why: "partial" }),
        fc.record({
          known: fc.constant(true as const),
          from: fc.nat(48 * HOUR),
          lastAt: fc.option(fc.nat(48 * HOUR), { nil: undefined }),
        }),
      ),
      { nil: undefined },
    );
    fc.assert(
      fc.property(
        anyEvidence,
        fc.nat(48 * HOUR),
        fc.integer({ min: 2, max: 5 }),
        fc.option(fc.nat(48 * HOUR), { nil: undefined }),
        (evidence, now, maxVersions, endsAt) => {
          const result = plan({
            now,
            requests: evidence && { [old]: evidence },
            policy: { maxVersions },
            ledger: endsAt === undefined ? ledger : warned(endsAt),
          });
          expect([...result.actions, ...result.kept].map(({ id }) => id).sort()).toEqual([old, current]);
          if (!result.actions.some(({ id }) => id === old)) return;
          const idle = evidence?.known === true && now - (evidence.lastAt ?? evidence.from) >= 32 * MINUTE;
          const isWarned = endsAt !== undefined && now >= endsAt;
          expect(idle || (isWarned && now >= 24 * HOUR)).toBe(true);
        },
      ),
    );
  });
});
