import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cookiePinUnchecked, requestPin } from "../src/route/request-pin.ts";
import { isVersionId } from "../src/version-id.ts";
import { CURRENT, NEWER, OLD } from "./support/events.ts";

interface Sent {
  header?: string[];
  query?: string;
  cookie?: string[];
}

function pinOf({ header, query = "", cookie }: Sent) {
  const lines = (key: string, values: string[] | undefined) =>
    values && { [key]: values.map((value) => ({ key, value })) };
  return requestPin({ ...lines("x-lockstep-version", header), ...lines("cookie", cookie) }, query);
}

describe("requestPin()", () => {
  it("prefers the header over the query and the cookie", () => {
    expect(
      pinOf({ header: [OLD], query: `lockstep=${CURRENT}`, cookie: [`__Host-lockstep=${NEWER}`] }),
    ).toEqual({ id: OLD, carrier: "header" });
  });

  it("prefers the query over the cookie", () => {
    expect(pinOf({ query: `lockstep=${CURRENT}`, cookie: [`__Host-lockstep=${NEWER}`] })).toEqual({
      id: CURRENT,
      carrier: "query",
    });
  });

  it.each([
    [[`__Host-lockstep=${NEWER}`]],
    [[`a=1; __Host-lockstep=${NEWER}; b=2`]],
    [["a=1", `b=2;__Host-lockstep=${NEWER} `]],
    [[`__Host-lockstep=latest; \t __Host-lockstep=${NEWER}; __Host-lockstep=${OLD}`]],
    [[`__Host-lockstep=; __Host-lockstep=${NEWER}`]],
  ])("finds the cookie in %j", (cookie) => {
    expect(pinOf({ cookie })).toEqual({ id: NEWER, carrier: "cookie" });
  });

  it.each([
    [[`x__Host-lockstep=${NEWER}`]],
    [[`a=__Host-lockstep=${NEWER}`]],
    [[`a b __Host-lockstep=${NEWER}`]],
    [[`__Host-lockstep=${NEWER}0`]],
    [[`__host-lockstep=${NEWER}`]],
    [[`__Host-lockstep="${NEWER}"`]],
    [["__Host-lockstep"]],
    [[""]],
  ])("finds no pin in the cookies %j", (cookie) => {
    expect(pinOf({ cookie })).toBeUndefined();
  });

  it.each([
    [["latest", OLD]],
    [[`latest, ${OLD}, ${CURRENT}`]],
    [[`${OLD} , ${CURRENT}`]],
    [["", OLD, CURRENT]],
  ])("takes the first version id of the header values %j", (header) => {
    expect(pinOf({ header })).toEqual({ id: OLD, carrier: "header" });
  });

  it("uses the next carrier when a value is not a version id", () => {
    const sent = {
      header: [`${OLD}\n`, OLD.toUpperCase()],
      query: "lockstep=latest",
      cookie: [`__Host-lockstep=${NEWER}`],
    };
    expect(pinOf(sent)).toEqual({ id: NEWER, carrier: "cookie" });
    expect(pinOf({ header: ["latest"], query: "lockstep=on" })).toBeUndefined();
    expect(pinOf({})).toBeUndefined();
  });

  it("never invents a pin, and never throws, whatever a viewer sends", () => {
    const part = fc.oneof(
      fc.constantFrom(OLD, CURRENT, "lockstep=", "__Host-lockstep=", "&", ";", ",", "=", " ", "%20"),
      fc.string({ unit: "binary", maxLength: 6 }),
    );
    const text = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(text), text, fc.array(text), (header, query, cookie) => {
        const pin = pinOf({ header, query, cookie });
        if (pin === undefined) return;
        const source = { header, query: [query], cookie }[pin.carrier];
        expect(source.some((one) => one.includes(pin.id))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("cookiePinUnchecked()", () => {
  const quick = (value: string) => cookiePinUnchecked({ cookie: [{ key: "Cookie", value }] });

  it("finds the cookie as browsers send it", () => {
    expect(quick(`__Host-lockstep=${OLD}`)).toBe(OLD);
    expect(quick(`a=1; __Host-lockstep=${OLD}; b=2`)).toBe(OLD);
  });

  it.each([
    `a=1;X__Host-lockstep=${OLD}`,
    `a=1; X__Host-lockstep=${OLD}`,
    `a=1 __Host-lockstep=${OLD}`,
    `X__Host-lockstep=${OLD}`,
  ])("leaves %j to requestPin(), which finds no pin", (value) => {
    expect(quick(value)).toBeUndefined();
    expect(pinOf({ cookie: [value] })).toBeUndefined();
  });

  it("never finds a different version from requestPin()", () => {
    const part = fc.constantFrom("__Host-lockstep=", OLD, CURRENT, ";", "; ", " ", "\t", "=", "a", "X", '"');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 10 }), (parts) => {
        const found = quick(parts.join(""));
        if (isVersionId(found)) expect(pinOf({ cookie: [parts.join("")] })?.id).toBe(found);
      }),
      { numRuns: 3000 },
    );
  });
});
