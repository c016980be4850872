import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Engine, Tab } from "./engines/engine.ts";
import { availableEngines, launchEngine } from "./engines/launch.ts";
import { expectEventually } from "./engines/old-tab-cases.ts";
import type { Seen } from "./fixture-api.ts";
import { ONE, openStage, type Stage, TWO } from "./stage.ts";
import { FETCHES, XHRS, xhr } from "./ways-to-ask.ts";
import { FORMS, LINKS } from "./ways-to-navigate.ts";

// Every way to request a service, to follow a link and to submit a form, in an old tab in Firefox and WebKit.
// links.test.ts and requests.test.ts run them in Chromium.
let stage: Stage;

beforeAll(async () => {
  stage = await openStage({ versions: [ONE, TWO] });
  await stage.promote(TWO);
});
afterAll(() => stage?.close());

describe.each(availableEngines().filter((name) => name !== "chromium"))("an old tab in %s", (name) => {
  let engine: Engine;
  let tab: Tab;

  beforeAll(async () => {
    engine = await launchEngine(name, stage);
    const profile = await engine.profile();
    await stage.point(ONE);
    tab = await profile.open(stage.url);
    await stage.point(TWO);
    await profile.open(stage.url); // moves the cookie
  });
  afterAll(() => engine?.close());
  beforeEach(() => {
    stage.api.seen.length = 0;
  });

  it.each([
    ["fetch", FETCHES],
    ["XMLHttpRequest", XHRS],
  ])("pins %s in every form without any other change of the request", async (_what, ways) => {
    const names = Object.keys(ways);
    const failures = await tab.evaluate(asFunction(sendAll(Object.values(ways))));
    expect(failures).toEqual(names.map(() => []));
    expect(stage.api.seen.length).toBe(2 * names.length);
    for (const [index, way] of names.entries()) {
      const [theirs, ours] = stage.api.seen.slice(2 * index);
      expect({ way, version: ours?.version, ...asSent(ours!) }).toEqual({
        way,
        version: ONE,
        ...asSent(theirs!),
      });
    }
  });

  it("pins links in every form", async () => {
    for (const [what, html, act] of LINKS) {
      await follow(html, act);
      const [request, ...others] = stage.api.seen;
      expect({ what, url: request?.url, version: request?.version, others }).toEqual({
        what,
        url: "/api/page",
        version: ONE,
        others: [],
      });
    }
  });

  it("pins forms in every form", async () => {
    for (const [what, html, act, url, body] of FORMS) {
      await follow(html, act);
      const [request, ...others] = stage.api.seen;
      const seenBody = html.includes("multipart") ? body : request?.body;
      expect({ what, url: request?.url, version: request?.version, body: seenBody, others }).toEqual({
        what,
        url,
        version: ONE,
        body,
        others: [],
      });
    }
  });

  /** Shows markup, runs a function on it, and waits for a request to a service. */
  async function follow(html: string, act: () => unknown): Promise<void> {
    stage.api.seen.length = 0;
    const show = `() => {
      document.body.innerHTML = '<iframe name="frame"></iframe><main></main>';
      document.querySelector("main").setHTMLUnsafe(${JSON.stringify(html)});
      void (${act})();
    }`;
    await tab.evaluate(asFunction<() => void>(show));
    await expectEventually(async () => stage.api.seen.length > 0, true);
  }
});

/**
 * Returns the source of a function for the page. It sends each request twice, with the native functions of an empty
 * frame and with those of the page, and returns the errors of each request.
 */
function sendAll(ways: ((scope: any) => Promise<unknown>)[]): string {
  return `async () => {
    const frame = document.body.appendChild(document.createElement("iframe")).contentWindow;
    window.ask = frame.ask = ${xhr};
    const all = [];
    for (const way of [${ways}]) {
      const failures = [];
      for (const scope of [frame, window]) await way(scope).catch((error) => failures.push(String(error)));
      all.push(failures);
    }
    return all;
  }`;
}

/** Wraps source text as a function. A tab uses only the text of a function. */
function asFunction<Type extends () => unknown = () => string[][]>(source: string): Type {
  return { toString: () => source } as never;
}

/** Removes what differs between the two frames: the address of the page, and in WebKit the origin of an empty frame. */
function asSent({ version: _, headers, ...request }: Seen): object {
  const own = /^(host|cookie|referer|origin|via|sec-fetch-.*|x-(lockstep|amz|forwarded).*|cloudfront-.*)$/;
  return {
    ...request,
    headers: Object.fromEntries(Object.entries(headers).filter(([key]) => !own.test(key))),
  };
}
