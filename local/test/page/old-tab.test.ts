import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { collectErrors } from "./engines/collect-errors.ts";
import type { Engine, Profile } from "./engines/engine.ts";
import { addKinds, type Elsewhere, startElsewhere } from "./engines/kinds-api.ts";
import { availableEngines, launchEngine } from "./engines/launch.ts";
import { CASES, expectEventually, type Scene } from "./engines/old-tab-cases.ts";
import { ONE, openStage, type Stage, TWO } from "./stage.ts";

// An old tab: a page of ONE while TWO is current, and (where the engine keeps it) the cookie names TWO. What the page does not pin
// by itself is answered by TWO. One list of cases for all engines; docs/page.md has the same list.
let stage: Stage;
let elsewhere: Elsewhere;

beforeAll(async () => {
  elsewhere = await startElsewhere();
  stage = await openStage({
    versions: [ONE, TWO],
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
      async leavingOld(query = "") {
        await stage.point(ONE);
        await leaving.goto(`${stage.url}/${query}`);
        await stage.point(TWO);
        await last.goto(stage.url); // moves the cookie
        expect(await leaving.evaluate(() => window.lockstep.version)).toBe(ONE);
        return leaving;
      },
      seen: (word) =>
        vi.waitFor(() => {
          const request = stage.api.seen.find(({ url }) => url.includes(word));
          if (!request) throw new Error(`no request with ${word}`);
          return request.version;
        }),
      async page(tab) {
        await expectEventually(() => tab.evaluate(() => document.querySelector("#served") !== null), true);
        return tab.evaluate(() => document.querySelector("#served")!.textContent!);
      },
    };
  }
});
