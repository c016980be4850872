import { buildEdge } from "@lockstep/edge/build";
import { encodePathTable } from "@lockstep/edge/encode-path-table";
import { aPage, aRequest, CURRENT, NEWER, OLD } from "@lockstep/edge/test/events";
import { edgeSettings } from "@lockstep/edge/test/settings";
import { describe, expect, it } from "vitest";
import { inSandbox } from "./as-built.ts";
import { inNjs, njsVersion, type Store } from "./njs.ts";

const app = buildEdge(edgeSettings);
const pages = buildEdge({ ...edgeSettings, kind: "pages" });
const many = Array.from({ length: 500 }, (_, n) => `images/${n}.png`);

/** Calls the built function in the sandbox and, if installed, in njs. Both must agree. */
async function answerOf(code: string, event: unknown, store: Store): Promise<any> {
  const answer = await inSandbox(code, store)(event);
  if (njsVersion) expect(inNjs(code, [event], store)).toEqual([answer]);
  return answer;
}

const table = (id: string, names: string[]) => encodePathTable(id, names)!;
const image = (uri: string) => ({ request: aRequest({ uri, headers: { "sec-fetch-dest": "image" } }) });

describe("the path table, as the functions read it", () => {
  it("is found in one of many parts, with two reads", async () => {
    const store: Store = { current: CURRENT, ...table(CURRENT, many) };
    expect(Object.keys(store).length).toBeGreaterThan(4);
    for (const name of [many[0]!, many[250]!, many[499]!])
      expect((await answerOf(app.pinFile, image(`/${name}`), store)).uri).toBe(`/builds/${CURRENT}/${name}`);
    expect((await answerOf(app.pinFile, image("/images/500.png"), store)).statusCode).toBe(404);
  });

  it("never mixes two builds: a part of another version is read again, then ignored", async () => {
    const store: Store = { current: CURRENT, ...table(CURRENT, many) };
    const newer = table(NEWER, [...many, "images/500.png"]);
    // The header is still old, every part is new.
    const mixed: Store = { ...store, ...newer, files: store.files! };
    const answer = await answerOf(app.pinFile, image("/images/500.png"), mixed);
    expect(answer.uri).toBe(`/builds/${CURRENT}/images/500.png`); // by its name, in current, as without a table
    // A part of the table is missing.
    const { "files:0": _gone, ...holed } = store;
    for (const name of many.slice(0, 20))
      expect((await answerOf(app.pinFile, image(`/${name}`), holed)).uri).toBe(`/builds/${CURRENT}/${name}`);
  });

  it.each(["", "rubbish", "2", `${OLD}`, "3"])("is ignored if it is %j", async (files) => {
    const store: Store = { current: CURRENT, files };
    expect((await answerOf(app.pinFile, image("/x.png"), store)).uri).toBe(`/builds/${CURRENT}/x.png`);
    expect((await answerOf(app.pinFile, { request: aPage({ uri: "/x.png" }) }, store)).uri).toBe(
      `/builds/${CURRENT}/index.html`,
    );
  });

  it("is read for a page load without a dot only if current is marked", async () => {
    const files = table(CURRENT, ["index.html", "LICENSE"]);
    const ask = (uri: string, current: string) =>
      answerOf(app.pinDocument, { request: aPage({ uri }) }, { ...files, current });
    expect((await ask("/LICENSE", CURRENT)).uri).toBe(`/builds/${CURRENT}/index.html`);
    expect((await ask("/LICENSE", `!${CURRENT}`)).uri).toBe(`/builds/${CURRENT}/LICENSE`);
    expect((await ask("/orders", `!${CURRENT}`)).uri).toBe(`/builds/${CURRENT}/index.html`);
    expect(await ask("/orders", "!latest")).toMatchObject({ uri: `/builds/${CURRENT}/index.html` });
  });

  it("answers a missing page with the whole 404.html, also for a conditional or partial request", async () => {
    const store: Store = { current: CURRENT, ...table(CURRENT, ["404.html", "index.html"]) };
    const headers = { "if-none-match": "x", "if-modified-since": "y", range: "bytes=0-1" };
    const answer = await answerOf(pages.pinDocument, { request: aPage({ uri: "/missing", headers }) }, store);
    expect(answer.uri).toBe(`/builds/${CURRENT}/404.html`);
    for (const name of Object.keys(headers)) expect(answer.headers).not.toHaveProperty(name);
  });

  it("redirects only to this host", async () => {
    const store: Store = { current: CURRENT, ...table(CURRENT, ["evil.example/index.html"]) };
    for (const uri of ["//evil.example", "/\\evil.example", "/%2Fevil.example", "/./evil.example"]) {
      const answer = await answerOf(pages.pinDocument, { request: aPage({ uri }) }, store);
      expect(answer).toMatchObject({ statusCode: 302, headers: { location: { value: "/evil.example/" } } });
    }
  });

  it("serves nothing outside the base", async () => {
    const below = buildEdge({ ...edgeSettings, base: "/app/" });
    const store: Store = { current: CURRENT, ...table(CURRENT, ["app/index.html", "app/terms.pdf"]) };
    const ask = (uri: string) => answerOf(below.pinDocument, { request: aPage({ uri }) }, store);
    for (const uri of ["/", "/app"])
      expect(await ask(uri)).toMatchObject({ statusCode: 302, headers: { location: { value: "/app/" } } });
    for (const uri of ["/app/", "/app/orders/17", "/app/users/jane.doe"])
      expect((await ask(uri)).uri).toBe(`/builds/${CURRENT}/app/index.html`);
    expect((await ask("/app/terms.pdf")).uri).toBe(`/builds/${CURRENT}/app/terms.pdf`);
    for (const uri of ["/other", "/application", "/terms.pdf"])
      expect(await ask(uri)).toMatchObject({ statusCode: 404, body: "Not found.\n" });
  });
});
