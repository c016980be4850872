import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Activity,
  planRetirement,
  type RequestEvidence,
  type RetirementPolicy,
} from "../../src/janitor/plan-retirement.ts";
import type { Ledger } from "../../src/lifecycle/ledger.ts";
import type { LedgerEvent } from "../../src/lifecycle/transitions.ts";
import { deployOf, idOf, ledgerAfter, releaseOf, targetGroupArnOf } from "../lifecycle/samples.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const policy: RetirementPolicy = {
  graceSeconds: 3600,
  idleSeconds: 1800,
  windowSeconds: 24 * 3600,
  maxVersions: 20,
  filesSeconds: 24 * 3600,
};
const [old, current] = [idOf(1), idOf(2)] as const;
/** Superseded at 0, so `now` is its age. */
const ledger = ledgerAfter([...releaseOf(old), ...releaseOf(current)]);

function plan(options: {
  now: number;
  requests?: Record<string, RequestEvidence>;
  releases?: [string, "running" | "died"][];
  ledger?: Ledger;
  policy?: Partial<RetirementPolicy>;
}) {
  const activity: Activity = { requests: options.requests ?? {}, releases: new Map(options.releases) };
  return planRetirement(options.ledger ?? ledger, activity, { ...policy, ...options.policy }, options.now);
}

/** Quiet since, as far as one looked. */
const quiet = (now: number): RequestEvidence => ({ known: true, from: now - HOUR });
const lastAt = (at: number): RequestEvidence => ({ known: true, from: 0, lastAt: at });

function codeFor(id: string, result: ReturnType<typeof plan>): string {
  const action = result.actions.find((one) => one.id === id);
  if (action !== undefined) return `${action.do}: ${action.code}`;
  return `keep: ${result.kept.find((one) => one.id === id)?.code}`;
}

describe("planRetirement()", () => {
  it.each<[string, number, RequestEvidence | undefined, string]>([
    ["in its grace time, however idle", HOUR - 1, quiet(HOUR - 1), "keep: grace"],
    ["past its grace time and idle", HOUR, quiet(HOUR), "drain: idle"],
    ["past its grace time and asked a minute ago", 2 * HOUR, lastAt(2 * HOUR - MINUTE), "keep: in-use"],
    ["quiet, but shorter than the idle time", 2 * HOUR, lastAt(2 * HOUR - 29 * MINUTE), "keep: in-use"],
    [
      "quiet for the idle time, but the last minutes may not show yet",
      2 * HOUR,
      lastAt(2 * HOUR - 31 * MINUTE),
      "keep: in-use",
    ],
    ["quiet for the idle time and the lag", 2 * HOUR, lastAt(2 * HOUR - 32 * MINUTE), "drain: idle"],
    ["in use until the window ends", 24 * HOUR - 1, lastAt(24 * HOUR - 1), "keep: in-use"],
    ["in use past the window", 24 * HOUR, lastAt(24 * HOUR), "drain: past-window"],
  ])("superseded, %s", (_, now, evidence, code) => {
    expect(codeFor(old, plan({ now, requests: evidence && { [old]: evidence } }))).toBe(code);
  });

  it("never touches current, whatever is known of it", () => {
    const now = 1000 * HOUR;
    expect(codeFor(current, plan({ now, requests: { [current]: quiet(now) } }))).toBe("keep: current");
  });

  it("says why, in words, and until when", () => {
    const kept = plan({ now: 3 * HOUR, requests: { [old]: lastAt(3 * HOUR - 5 * MINUTE) } }).kept;
    expect(kept.find(({ id }) => id === old)).toEqual({
      id: old,
      code: "in-use",
      reason: "last request 5 min ago",
      until: 24 * HOUR,
    });
  });

  describe("what broke others", () => {
    it("a metrics failure read as idle retired a living version: unknown postpones", () => {
      const failed: RequestEvidence = { known: false, why: "AccessDenied" };
      expect(codeFor(old, plan({ now: 5 * HOUR, requests: { [old]: failed } }))).toBe("keep: unknown");
      expect(codeFor(old, plan({ now: 5 * HOUR }))).toBe("keep: unknown");
    });

    it("a metrics failure for ever kept a version for ever: the window ends it", () => {
      expect(codeFor(old, plan({ now: 24 * HOUR }))).toBe("drain: past-window");
    });

    it('a cleaner deleted "all but the newest": a count alone retires nobody who is in use', () => {
      const now = 2 * HOUR;
      const crowded = { now, policy: { maxVersions: 2 } };
      expect(codeFor(old, plan({ ...crowded, requests: { [old]: lastAt(now) } }))).toBe("keep: in-use");
      expect(codeFor(old, plan({ ...crowded, requests: {} }))).toBe("keep: unknown");
    });

    it("a release was refused for want of room while idle versions sat out their grace time", () => {
      const now = 40 * MINUTE;
      const requests = { [old]: quiet(now) };
      expect(codeFor(old, plan({ now, requests }))).toBe("keep: grace");
      expect(codeFor(old, plan({ now, requests, policy: { maxVersions: 2 } }))).toBe("drain: crowded");
    });

    it("a draining version renewed its own pin and never drained: draining goes on, whoever asks", () => {
      const draining = ledgerAfter([{ type: "drain", id: old }], 0, ledger);
      const now = 2 * HOUR;
      expect(codeFor(old, plan({ ledger: draining, now, requests: { [old]: lastAt(now) } }))).toBe(
        "finish: draining",
      );
    });

    it("the files went before the pages that still asked for them: they stay for their lifetime", () => {
      const gone: LedgerEvent[] = ["drain", "unroute", "dismantle", "retire"].map(
        (type) => ({ type, id: old }) as LedgerEvent,
      );
      const retired = ledgerAfter(gone, 0, ledger);
      expect(codeFor(old, plan({ ledger: retired, now: 24 * HOUR - 1 }))).toBe("keep: files-kept");
      expect(codeFor(old, plan({ ledger: retired, now: 24 * HOUR }))).toBe("delete-files: unlisted");
    });
  });

  describe("releases that did not end well", () => {
    const fresh = idOf(3);
    const deploying = ledgerAfter([deployOf(fresh)], 0, ledger);
    const published = ledgerAfter(
      [{ type: "publish", id: fresh, targetGroupArn: targetGroupArnOf(fresh) }],
      0,
      deploying,
    );
    const failed = ledgerAfter([{ type: "fail", id: fresh }], 0, deploying);

    it.each<[string, Ledger, "running" | "died" | undefined, string]>([
      ["deploying, its release lives", deploying, "running", "keep: releasing"],
      ["deploying, its release was killed", deploying, "died", "fail: abandoned"],
      ["deploying, no release is known", deploying, undefined, "fail: abandoned"],
      ["failed, its release cleans up", failed, "running", "keep: releasing"],
      ["failed, nobody cleans up", failed, undefined, "remove: failed"],
      ["published, its release probes", published, "running", "keep: releasing"],
      ["published, its release was killed", published, "died", "drain: abandoned"],
      ["published on purpose, not promoted", published, undefined, "keep: grace"],
    ])("%s", (_, state, release, code) => {
      const requests = { [fresh]: quiet(MINUTE) };
      const releases = release && [[fresh, release] as [string, typeof release]];
      expect(codeFor(fresh, plan({ ledger: state, now: MINUTE, requests, releases }))).toBe(code);
    });
  });

  it("has exactly one decision for each version, and drains only what is known idle or past the window", () => {
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
        (evidence, now, maxVersions) => {
          const result = plan({ now, requests: evidence && { [old]: evidence }, policy: { maxVersions } });
          expect([...result.actions, ...result.kept].map(({ id }) => id).sort()).toEqual([old, current]);
          if (!result.actions.some(({ id }) => id === old)) return;
          const idle = evidence?.known === true && now - (evidence.lastAt ?? evidence.from) >= 32 * MINUTE;
          expect(idle || now >= 24 * HOUR).toBe(true);
        },
      ),
    );
  });
});
