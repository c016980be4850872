import { SERVED_HEADER, STATUS_PATH, VERSION_COOKIE, VERSION_HEADER } from "@lockstep/edge/names";
import { ask, type World } from "@lockstep/local/test/cloudfront";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { document, ONE, openShop, type Shop, TWO } from "./shop.ts";

let shop: Shop;
let world: World;
let url: string;
let promote: Shop["promote"];
beforeEach(async () => {
  shop = await openShop();
  ({ world, url, promote } = shop);
});
afterEach(() => shop.close());

describe("Lockstep's functions at a simulated edge", () => {
  it("give the current page with its cookie, also for a deep link, and the new status immediately", async () => {
    for (const id of [ONE, TWO]) {
      await promote(id);
      for (const path of ["/", "/deep/link?q=1"]) {
        const { status, headers, body } = await ask(url + path, { headers: document });
        expect({ status, title: /<title>(.*)<\/title>/.exec(body)?.[1] }).toEqual({ status: 200, title: id });
        expect(String(headers["set-cookie"])).toMatch(new RegExp(`^${VERSION_COOKIE}=${id}; `));
        expect(headers).not.toHaveProperty("x-amz-meta-lockstep-version");
      }
      expect(JSON.parse((await ask(url + STATUS_PATH)).body)).toMatchObject({ current: id });
    }
  });

  it("set no cookie with a 404", async () => {
    await promote(ONE);
    const { status, headers } = await ask(`${url}/missing.js`, { headers: { "sec-fetch-dest": "script" } });
    expect(status).toBe(404);
    expect(headers).not.toHaveProperty("set-cookie");
  });

  it("forward the page's pin, and no forged header", async () => {
    world.origin.handler = (request, response) => response.end(JSON.stringify(request.headers));
    const headers = { [VERSION_HEADER]: ONE, [SERVED_HEADER]: TWO, cookie: `${VERSION_COOKIE}=${TWO}` };
    const seen = JSON.parse((await ask(`${url}/api/notes`, { headers })).body);
    expect(seen[VERSION_HEADER]).toBe(ONE);
    expect(seen).not.toHaveProperty(SERVED_HEADER);
  });
});
