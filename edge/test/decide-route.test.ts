import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideRoute, type IndexedMap, indexMap } from "../src/decide-route.ts";
import type { Carrier, Pin } from "../src/pin.ts";
import { CURRENT, NEWER, OLD } from "./support/events.ts";

const settings = { whenGone: "current", hostSuffix: "baked.internal" } as const;

function known(with_: Partial<IndexedMap["map"]> & { stale?: boolean } = {}): IndexedMap {
  const { stale = false, ...map } = with_;
  const versions = { [OLD]: { tg: "a" }, [CURRENT]: { tg: "b" } };
  return {
    ...indexMap({ r: 7, current: CURRENT, floor: null, suffix: "shop.internal", versions, ...map }),
    stale,
  };
}

function pin(id: string, carrier: Carrier = "header"): Pin {
  return { id, carrier };
}

describe("decideRoute()", () => {
  it("sends a pinned request to its version", () => {
    expect(decideRoute(pin(OLD), known(), settings)).toMatchObject({
      kind: "forward",
      version: OLD,
      host: `${OLD}.shop.internal`,
      outcome: "pinned",
      current: CURRENT,
    });
  });

  it("sends a request without a pin to current", () => {
    expect(decideRoute(undefined, known(), settings)).toMatchObject({ version: CURRENT, outcome: "current" });
  });

  it.each(["header", "query"] as const)("refuses a %s pin that is gone, and names current", (carrier) => {
    expect(decideRoute(pin(NEWER, carrier), known(), settings)).toEqual({
      kind: "gone",
      version: NEWER,
      current: CURRENT,
    });
  });

  it("sends a cookie pin that is gone to current, with an outcome that says so", () => {
    expect(decideRoute(pin(NEWER, "cookie"), known(), settings)).toMatchObject({
      version: CURRENT,
      outcome: "fell-back",
    });
  });

  it("refuses a cookie pin that is gone when the configuration says so", () => {
    expect(decideRoute(pin(NEWER, "cookie"), known(), { ...settings, whenGone: "refuse" })).toMatchObject({
      kind: "gone",
    });
  });

  it("counts versions below the floor as gone, but never current", () => {
    expect(decideRoute(pin(OLD), known({ floor: CURRENT }), settings)).toMatchObject({ kind: "gone" });
    expect(decideRoute(pin(CURRENT), known({ floor: NEWER }), settings)).toMatchObject({ version: CURRENT });
  });

  it("derives the host from the pin when there is no map", () => {
    expect(decideRoute(pin(OLD), undefined, settings)).toMatchObject({
      host: `${OLD}.baked.internal`,
      current: undefined,
    });
  });

  it("derives the host of a pin that is newer than a stale map", () => {
    expect(decideRoute(pin(NEWER), known({ stale: true }), settings)).toMatchObject({
      version: NEWER,
      outcome: "pinned",
    });
    expect(decideRoute(pin("20261121-000000-0000000"), known({ stale: true }), settings)).toMatchObject({
      kind: "gone",
    });
  });

  it("is unavailable when current is unknown", () => {
    const nothing = known({ current: null, versions: {} });
    expect([undefined, nothing].map((map) => decideRoute(undefined, map, settings).kind)).toEqual([
      "unavailable",
      "unavailable",
    ]);
    expect(decideRoute(pin(OLD, "cookie"), nothing, settings)).toEqual({ kind: "unavailable" });
    expect(decideRoute(pin(OLD), nothing, settings)).toEqual({
      kind: "gone",
      version: OLD,
      current: undefined,
    });
  });

  it("never answers a pin with another version silently", () => {
    const id = fc.constantFrom(OLD, CURRENT, NEWER, "20250101-000000-0000000");
    fc.assert(
      fc.property(
        fc.record({ id, carrier: fc.constantFrom<Carrier>("header", "query", "cookie") }),
        fc.option(fc.record({ floor: fc.option(id), stale: fc.boolean(), some: fc.subarray([OLD, NEWER]) }), {
          nil: undefined,
        }),
        fc.constantFrom("current", "refuse"),
        (asked, state, whenGone) => {
          const versions = Object.fromEntries(
            [CURRENT, ...(state?.some ?? [])].map((one) => [one, { tg: "x" }]),
          );
          const map = state && known({ floor: state.floor, stale: state.stale, versions });
          const decision = decideRoute(asked, map, { ...settings, whenGone });
          expect(decision.kind).not.toBe("unavailable");
          if (decision.kind === "gone") expect(decision.version).toBe(asked.id);
          if (decision.kind !== "forward") return;
          expect(decision.host.startsWith(`${decision.version}.`)).toBe(true);
          if (decision.version !== asked.id)
            expect([asked.carrier, decision.outcome, whenGone]).toEqual(["cookie", "fell-back", "current"]);
          else expect(["pinned", "fell-back"]).toContain(decision.outcome);
        },
      ),
    );
  });
});
