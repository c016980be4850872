import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { collectErrors, RELOADS } from "./engines/collect-errors.ts";
import type { Engine, Profile, Tab } from "./engines/engine.ts";
import { engineTable } from "./engines/engine-table.ts";
import { addKinds, type Elsewhere, startElsewhere } from "./engines/kinds-api.ts";
import { availableEngines, launchEngine } from "./engines/launch.ts";
import { CASES, expectEventually, type Scene } from "./engines/old-tab-cases.ts";
import { ONE, openStage, type Stage, TWO } from "./stage.ts";

// An old tab: a page of ONE while TWO is current and the cookie names TWO (if the engine stores the cookie). TWO
// answers every request that the page does not pin. All engines run the same cases, which docs/page.md lists too.
let stage: Stage;
let elsewhere: Elsewhere;

beforeAll(async () => {
  elsewhere = await startElsewhere();
  stage = await openStage({
    versions: [ONE, TWO],
    pollSeconds: 0.25, // one case waits for the heartbeat
    csp: `default-src 'self'; connect-src 'self' ${elsewhere.url}`,
  });
  addKinds(stage);
  collectErrors(stage, ONE, TWO);
  await stage.promote(TWO);
});
afterAll(async () => {
  await stage?.close();
  await elsewhere?.close();
});

describe("the table in docs/page.md", () => {
  it("matches the cases of this test", async () => {
    const page = await readFile(new URL("../../docs/page.md", import.meta.url), "utf8");
    expect(page).toContain(engineTable(CASES));
  });
});

describe.each(availableEngines())("an old tab in %s", (name) => {
  let engine: Engine;
  let profile: Profile;
  let scene: Scene;

  beforeAll(async () => {
    engine = await launchEngine(name, stage);
    profile = await engine.profile();
    scene = await openScene();
    console.log(`${name} ${engine.version}`);
  });
  afterAll(() => engine?.close());

  it.each(CASES)("$what", async ({ act, expected = ONE, differs }) => {
    stage.api.seen.length = 0;
    expect(await act(scene)).toEqual(differs?.[name] ? differs[name].expected : expected);
  });

  it("reports no error", async () => {
    expect(await scene.old.errors()).toEqual([]);
    expect(await scene.young.errors()).toEqual([]);
  });

  async function openScene(): Promise<Scene> {
    await stage.point(ONE);
    const old = await profile.open(stage.url);
    const leaving = await profile.open(stage.url);
    await stage.point(TWO);
    const young = await profile.open(stage.url);
    const last = await profile.open(stage.url);
    expect(await young.evaluate(() => window.lockstep.version)).toBe(TWO);
    return {
      engine: name,
      stage,
      elsewhere: elsewhere.url,
      old,
      young,
      async leavingOld(query = "", cookie = "moved") {
        await stage.point(ONE);
        await leaving.goto(`${stage.url}/${query}`);
        await stage.point(TWO);
        if (cookie === "moved") await last.goto(stage.url);
        expect(await leaving.evaluate(() => window.lockstep.version)).toBe(ONE);
        return leaving;
      },
      seen: (word, timeout = 10_000) =>
        vi.waitFor(
          () => {
            const request = stage.api.seen.find(({ url }) => url.includes(word));
            if (!request) throw new Error(`no request with ${word}`);
            return request.version;
          },
          { timeout },
        ),
      async page(tab) {
        await expectEventually(() => tab.evaluate(() => document.querySelector("#served") !== null), true);
        return tab.evaluate(() => document.querySelector("#served")!.textContent!);
      },
    };
  }
});

/** The user's setting, which also blocks storage and `BroadcastChannel`. */
describe.each(availableEngines().filter((name) => name !== "webkit"))("all cookies blocked in %s", (name) => {
  let engine: Engine;
  let tab: Tab;

  beforeAll(async () => {
    engine = await launchEngine(name, stage, { cookies: "blocked" });
    await stage.point(ONE);
    tab = await (await engine.profile()).open(stage.url);
    await stage.point(TWO);
  });
  afterAll(() => engine?.close());

  it("leave the page without cookies and storage", async () => {
    const left = await tab.evaluate(() => {
      Reflect.set(document, "cookie", "a=1"); // not every engine has the Cookie Store API
      const works = (act: () => unknown) => {
        try {
          act();
          return true;
        } catch {
          return false;
        }
      };
      return [document.cookie, works(() => localStorage.length), works(() => sessionStorage.length)];
    });
    expect(left).toEqual(["", false, false]);
  });

  it("do not affect the pin of the page and its workers, and cause no error", async () => {
    const served = await tab.evaluate(async () => {
      const { askWorker } = window as never as { askWorker(kind: string): Promise<object> };
      const own = (await (await fetch("/api/who")).json()).served;
      return [own, ...Object.values(await askWorker("worker"))];
    });
    expect(served).toEqual([ONE, ONE, ONE, ONE, ONE]);
    expect(await tab.errors()).toEqual([]);
  });

  it("allow the page to learn of a new version and to reload", async () => {
    expect(await expectEventually(() => tab.evaluate(() => window.lockstep.status), "outdated")).toBe(
      "outdated",
    );
    await tab.evaluate(() => void setTimeout(() => window.lockstep.reload()));
    expect(await expectEventually(() => tab.evaluate(() => window.lockstep.version), TWO)).toBe(TWO);
  });

  it("do not allow an endless loop of reloads that bring the old page back", async () => {
    await stage.point(ONE, { current: TWO }); // like a cache in front that serves old HTML
    stage.api.seen.length = 0;
    await tab.goto(`${stage.url}/${RELOADS}`);
    const stuck = () => tab.evaluate(() => document.querySelector("#lockstep-stuck") !== null);
    expect(await expectEventually(stuck, true)).toBe(true);
    const loads = () => stage.api.seen.filter(({ url }) => url.includes("loaded")).length;
    const before = loads();
    await new Promise((resolve) => setTimeout(resolve, 500)); // an endless loop would reload about 9 times
    expect(loads()).toBe(before);
    expect(before).toBeLessThanOrEqual(4);
  });
});
