import type { VersionMap } from "@lockstep/edge/version-map";
import { describe, expect, it } from "vitest";
import { toFunctionRequest } from "../../src/cli/function-request.ts";
import { explainRequest } from "../../src/operations/explain-request.ts";
import type { EdgeKnowledge } from "../../src/operations/explanation.ts";
import { idOf, sampleConfig } from "../lifecycle/samples.ts";

const [old, current, unknown] = [idOf(1), idOf(2), idOf(3)] as const;
const map: VersionMap = {
  r: 7,
  current,
  floor: null,
  suffix: "shop.internal",
  versions: { [old]: { tg: `ls-${old}` }, [current]: { tg: `ls-${current}` } },
};
const knowledge: EdgeKnowledge = { map, pointer: { current, status: `{"r":7}` } };

function explain(
  address: string,
  {
    header = {},
    cookie = {},
    known = knowledge,
    config = sampleConfig(),
    method = "get",
  }: {
    header?: Record<string, string>;
    cookie?: Record<string, string>;
    known?: EdgeKnowledge;
    config?: ReturnType<typeof sampleConfig>;
    method?: string;
  } = {},
) {
  const sent = { header: Object.entries(header), cookie: Object.entries(cookie), method };
  const url = new URL(address, "https://shop.example");
  const { steps, destination } = explainRequest(toFunctionRequest(url, sent), known, config);
  return { destination, text: steps.map(({ where, says }) => `${where}: ${says}`).join("\n") };
}

describe("explainRequest()", () => {
  it.each<[string, Parameters<typeof explain>[1], string, string]>([
    ["no pin", {}, current, "current"],
    ["the header", { header: { "X-Lockstep-Version": old } }, old, "pinned"],
    ["the cookie", { cookie: { "__Host-lockstep": old } }, old, "pinned"],
    ["a cookie in a header", { header: { Cookie: `a=1; __Host-lockstep=${old}` } }, old, "pinned"],
    [
      "header over cookie",
      { header: { "x-lockstep-version": current }, cookie: { "__Host-lockstep": old } },
      current,
      "pinned",
    ],
    ["an invalid id", { header: { "x-lockstep-version": "latest" } }, current, "current"],
    ["a cookie that is gone", { cookie: { "__Host-lockstep": unknown } }, current, "fell-back"],
  ])("routes an API request with %s as the edge does", (_, sent, version, outcome) => {
    const { destination } = explain("/api/orders", sent);
    expect(destination).toEqual({
      kind: "api",
      version,
      outcome,
      host: `${version}.shop.internal`,
      path: "/api/orders",
    });
  });

  it.each(["/%61pi/orders", "//api/orders", "/api//orders"])(
    "routes %s to the API, because CloudFront normalises it",
    (address) => {
      const { destination } = explain(`https://shop.example${address}`);
      expect(destination).toMatchObject({ kind: "api", version: current });
    },
  );

  it("reports the value of each carrier, and which one decided", () => {
    const { text } = explain(`/api/orders?lockstep=${old}`, { header: { "x-lockstep-version": "latest" } });
    expect(text).toContain(`pinned to ${old} by its query`);
    expect(text).toContain("header x-lockstep-version is not a version id, so not a pin");
    expect(text).toContain("no cookie __Host-lockstep");
    expect(text).toContain(`map revision 7: current ${current}; ${old} is in it`);
  });

  it("reports the path that the service receives, byte for byte", () => {
    const { destination, text } = explain(`/api/orders?b=2&lockstep=${old}&a=%20+&flag&&lockstep=on`);
    expect(destination).toMatchObject({ version: old, path: "/api/orders?b=2&a=%20+&flag&&lockstep=on" });
    expect(text).toContain("the URL carries the pin");
    expect(explain("/api/orders", { cookie: { "__Host-lockstep": old } }).text).toContain("no-store");
  });

  it.each(["constructor=2", "__proto__=1", "toString=1", "hasOwnProperty"])(
    "treats a parameter, a header and a cookie called %s like any other",
    (query) => {
      const [name = ""] = query.split("=");
      const sent = { header: [[name, "x"]], cookie: [[name, "y"]], method: "get" } as Parameters<
        typeof toFunctionRequest
      >[1];
      const url = new URL(`/a?${query}`, "https://shop.example");
      const request = toFunctionRequest(url, sent);
      expect(Object.keys(request.querystring)).toEqual([name]);
      expect(Object.keys(request.cookies)).toEqual([name]);
      expect(Object.keys(request.headers)).toEqual(["host", name.toLowerCase()]);
      expect(explainRequest(request, knowledge, sampleConfig()).destination).toMatchObject({ kind: "file" });
      expect(explain(`/api/x?${query}`).destination).toMatchObject({ version: current });
    },
  );

  it("routes a heartbeat to the health path of its version", () => {
    const { destination, text } = explain(`/.lockstep/heartbeat?lockstep=${old}`);
    expect(destination).toMatchObject({ kind: "api", version: old, path: sampleConfig().api.healthPath });
    expect(text).toContain("an empty 204");
    expect(explain(`/.lockstep/heartbeat?lockstep=${unknown}`).destination).toMatchObject({ status: 409 });
  });

  it("reports why a version is gone: unknown, or below the floor", () => {
    const asked = { header: { "x-lockstep-version": unknown } };
    expect(explain("/api/x", asked)).toMatchObject({ destination: { kind: "edge", status: 409 } });
    expect(explain("/api/x", asked).text).toContain(`${unknown} is not in it`);
    const known = { ...knowledge, map: { ...map, floor: current } };
    const recalled = explain("/api/x", { header: { "x-lockstep-version": old }, known });
    expect(recalled.destination).toMatchObject({ status: 409 });
    expect(recalled.text).toContain(`${old} is below the floor`);
  });

  it("derives the host if there is no map", () => {
    const known = { map: undefined, pointer: {} };
    const { destination, text } = explain("/api/x", { header: { "x-lockstep-version": old }, known });
    expect(destination).toMatchObject({ kind: "api", version: old });
    expect(text).toContain("cannot be read");
  });

  it("ignores pins while protection is off", () => {
    const config = sampleConfig({ enabled: false });
    const sent = { header: { "x-lockstep-version": old }, config };
    expect(explain("/api/x", sent).destination).toMatchObject({ version: current, outcome: "current" });
  });

  it.each<[string, Record<string, string>, string]>([
    ["/shop/lamp", { accept: "text/html" }, `builds/${current}/index.html`],
    ["/favicon.svg", {}, `builds/${current}/favicon.svg`],
    [`/builds/${old}/lazy.js`, {}, `builds/${old}/lazy.js`],
    [`/builds/${old}/a%20%C3%BC+b.txt`, {}, `builds/${old}/a \u00fc+b.txt`],
    ["/assets/app-1.js", {}, "assets/app-1.js"],
    ["/%61ssets//a%20%C3%BC.js", {}, "assets//a \u00fc.js"],
    ["/assets/a+b.js", {}, "assets/a b.js"],
    ["/assets/%ff.js", {}, "assets/%ff.js"],
  ])("finds the file of %s", (address, header, key) => {
    expect(explain(address, { header }).destination).toEqual({ kind: "file", key });
  });

  it.each(["/", "/orders", "/assets/app-1.js", "/.lockstep/status", "/.lockstep/heartbeat"])(
    "reports that a POST to %s is refused, and routes one to the API",
    (address) => {
      expect(explain(address, { method: "post" }).destination).toMatchObject({ kind: "edge", status: 403 });
      expect(explain("/api/orders", { method: "post" }).destination).toMatchObject({ kind: "api" });
      expect(explain(address, { method: "head" }).destination).not.toMatchObject({ status: 403 });
    },
  );

  it("reports what happens to the cookie", () => {
    expect(explain("/", { header: { "sec-fetch-dest": "document" } }).text).toContain(
      `sets the cookie to ${current}`,
    );
    const prefetch = { header: { "sec-fetch-dest": "document", "sec-purpose": "prefetch" } };
    expect(explain("/", prefetch).text).toContain("does not change the cookie");
  });

  it("reports what the edge answers without an origin", () => {
    expect(explain("/.lockstep/status").destination).toMatchObject({ kind: "edge", status: 200 });
    const nothing = { known: { map: undefined, pointer: {} }, header: { accept: "text/html" } };
    expect(explain("/", nothing).destination).toMatchObject({ kind: "edge", status: 503 });
  });
});
