import { buildEdge } from "@lockstep/edge/build";
import { appAtRoot } from "@lockstep/edge/edge-settings";
import { encodePathTable } from "@lockstep/edge/encode-path-table";
import { PLAIN_FILES_MARK } from "@lockstep/edge/names";
import { aRequest, CURRENT, OLD } from "@lockstep/edge/test/events";
import { loadFunction } from "@lockstep/edge/test/load-function";
import { edgeSettings } from "@lockstep/edge/test/settings";
import { describe, expect, it } from "vitest";
import { explainFile } from "../../src/operations/explain-file.ts";

const NAMES = [
  "index.html",
  "about/index.html",
  "contact.html",
  "404.html",
  "terms.pdf",
  "LICENSE",
  "a+b.txt",
  "ü.txt",
];
const PATHS = [
  "/",
  "/index.html",
  "/about",
  "/about/",
  "/about/index.html",
  "/contact",
  "/contact/",
  "/contact.html",
  "/terms.pdf",
  "/LICENSE",
  "/a+b.txt",
  "/%C3%BC.txt",
  "/orders/17",
  "/users/jane.doe",
  "/missing.js",
  "/missing/",
  "/../x",
  "//about",
  `/builds/${OLD}/index.html`,
  `/builds/${OLD}/x.js`,
];
const HEADERS: Record<string, string>[] = [
  { "sec-fetch-dest": "document", accept: "text/html" },
  { "sec-fetch-dest": "iframe", accept: "text/html" },
  { "sec-fetch-dest": "image", accept: "*/*" },
  { "sec-fetch-dest": "empty", accept: "text/html" },
  { accept: "text/html" },
  { accept: "*/*" },
  {},
];

describe("explainFile() agrees with the function", () => {
  it.each([
    ["an app", { kind: "app" as const, base: "/" }],
    ["an app below a base", { kind: "app" as const, base: "/app/" }],
    ["a site of pages", { kind: "pages" as const, base: "/" }],
    ["a site of pages below a base", { kind: "pages" as const, base: "/docs/v1.2/" }],
  ])("for %s, with a path table in one part, in many, and without", async (_what, web) => {
    const code = buildEdge({ ...edgeSettings, ...web });
    const many = Array.from({ length: 400 }, (_, n) => `f/${n}`);
    const below = (names: string[]) => names.map((name) => web.base.slice(1) + name);
    for (const table of [
      encodePathTable(CURRENT, below(NAMES))!,
      encodePathTable(CURRENT, below([...NAMES, ...many]))!,
      {} as Record<string, string>,
    ]) {
      const mark = table.files === undefined ? "" : PLAIN_FILES_MARK;
      const store: Record<string, string> = { ...table, current: mark + CURRENT };
      const read = async (key: string) => store[key] ?? Promise.reject(new Error("KeyNotFound"));
      const [document, file] = [loadFunction(code.pinDocument, read), loadFunction(code.pinFile, read)];
      for (const path of [...PATHS, ...PATHS.map((one) => web.base.slice(0, -1) + one)]) {
        for (const headers of HEADERS) {
          const run = appAtRoot(web) && path.includes(".") ? file : document;
          const answer = await run({ request: aRequest({ uri: path, headers }) });
          const { destination } = explainFile(
            aRequest({ uri: path, headers }),
            { pointer: { current: CURRENT }, table },
            web,
          );
          const done =
            answer.statusCode === undefined
              ? { kind: "file", key: decodeURIComponent(answer.uri.slice(1)) }
              : { kind: "edge", status: answer.statusCode };
          expect({ path, headers, destination }).toMatchObject({ path, headers, destination: done });
        }
      }
    }
  });
});
