import { VERSION_COOKIE } from "@lockstep/edge/names";
import { type Answer, ask } from "@lockstep/local/test/cloudfront";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStage, type Stage } from "./stage.ts";

// Whole builds, released and served by the local CloudFront, and the requests of browsers, frames, crawlers and scripts.
const STEP_MS = 180_000;
const RELEASE = "infra/src/cli/release.ts";

const page = { "sec-fetch-dest": "document", "sec-fetch-mode": "navigate", accept: "text/html,*/*;q=0.8" };
const oldBrowser = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
const frame = { ...page, "sec-fetch-dest": "iframe" };
const download = { ...page, "sec-fetch-user": "?1" }; // to the server, `<a download>` is a navigation
const image = { "sec-fetch-dest": "image", accept: "image/avif,image/webp,*/*;q=0.8" };
const script = { "sec-fetch-dest": "script", accept: "*/*" };
const byFetch = { "sec-fetch-dest": "empty", "sec-fetch-mode": "cors", accept: "*/*" };
const crawler = { accept: "*/*", "user-agent": "some-crawler" };
const silent: Record<string, string> = {};

/** The build script of each site and its members of `web`. */
const SITES = {
  app: ["build-app.mjs", 'hashedFolders: ["static"]'],
  belowBase: ["build-app.mjs", 'base: "/app/", hashedFolders: ["assets"]'],
  pages: ["build-pages.mjs", 'kind: "pages", hashedFolders: ["_astro"]'],
} as const;
type SiteName = keyof typeof SITES;

const stages = new Map<SiteName, Stage>();
const released = new Map<SiteName, string>();
/** The site of the current describe and its current version. */
let stage: Stage;
let id: string;

beforeAll(() => Promise.all((Object.keys(SITES) as SiteName[]).map(openSite)), STEP_MS);
afterAll(() => Promise.all([...stages.values()].map((one) => one.close())), STEP_MS);

async function openSite(name: SiteName): Promise<void> {
  const [build, more] = SITES[name];
  const one = await openStage(
    `web: { folder: "test/story/sites", build: "node ${build}", output: "dist", ${more} }, edge: { ...local.edge, mapTtlSeconds: 1 }`,
  );
  stages.set(name, one);
  await one.deploy();
  released.set(name, JSON.parse(await one.run(RELEASE, ["--allow-dirty", "--json"])).id);
}

function useSite(name: SiteName): void {
  beforeAll(() => {
    stage = stages.get(name)!;
    id = released.get(name)!;
  });
}

const get = (path: string, headers: Record<string, string>, method = "GET") =>
  ask(stage.url + path, { headers, method });
const titleOf = ({ body }: Answer) => /<title>(.*?)<\/title>/.exec(body)?.[1];
const typeOf = ({ headers }: Answer) => headers["content-type"];
const hasCookie = ({ headers }: Answer) =>
  String(headers["set-cookie"] ?? "").startsWith(`${VERSION_COOKIE}=${id};`);

/** Expects what holds for each answer of the default behavior. */
function expectPrivate(answer: Answer): void {
  expect(String(answer.headers["cache-control"])).toMatch(/^(private, no-cache|no-store)$/);
  expect(Object.keys(answer.headers).filter((name) => name.startsWith("x-amz-meta"))).toEqual([]);
  expect(answer.body).not.toContain("AccessDenied");
}

/** Expects a short answer in plain text without a cookie. */
function expectPlain404(answer: Answer): void {
  expectPrivate(answer);
  expect([answer.status, typeOf(answer), hasCookie(answer)]).toEqual([
    404,
    "text/plain; charset=utf-8",
    false,
  ]);
  expect(answer.body.length).toBeLessThan(100);
}

/** Files that both kinds of site have, with the start of the body and its type. */
const FILES: [path: string, begins: string, type: string][] = [
  ["/terms.pdf", "%PDF-1.4 terms", "application/pdf"],
  ["/robots.txt", "User-agent", "text/plain; charset=utf-8"],
  ["/silent-renew.html", "<title>silent renew", "text/html; charset=utf-8"],
  ["/.well-known/apple-app-site-association", '{"applinks"', "application/json"],
  ["/.well-known/security.txt", "Contact", "text/plain; charset=utf-8"],
  ["/site.webmanifest", "{}", "application/manifest+json; charset=utf-8"],
  ["/LICENSE", "a licence", "application/octet-stream"],
  ["/downloads/v1.2/archive.tar.gz", "archive", "application/gzip"],
  ["/docs/index.html", "<title>docs", "text/html; charset=utf-8"],
  ["/a%20b.txt", "blank", "text/plain; charset=utf-8"],
  ["/a+b.txt", "plus", "text/plain; charset=utf-8"],
  ["/a%2Bb.txt", "plus", "text/plain; charset=utf-8"],
  ["/100%25.txt", "percent", "text/plain; charset=utf-8"],
  ["/a%23b.txt", "hash", "text/plain; charset=utf-8"],
  ["/a%3fb.txt", "question", "text/plain; charset=utf-8"],
  ["/it's%20(1)%20&%20%222%22.txt", "quotes", "text/plain; charset=utf-8"],
  ["/%C3%BCber.txt", "umlaut", "text/plain; charset=utf-8"],
  ["/u%CC%88ber.txt", "umlaut of two characters", "text/plain; charset=utf-8"],
  ["/%e6%97%a5%E6%9C%AC.txt", "japanese", "text/plain; charset=utf-8"],
  ["/favicon.ico", "icon", "image/vnd.microsoft.icon"],
  ["/.well-known/webauthn", '{"origins"', "application/json"],
  ["/a;b&c=d.txt", "semicolon", "text/plain; charset=utf-8"],
  ["/a%3Bb%26c%3dd.txt", "semicolon", "text/plain; charset=utf-8"],
  ["/%F0%9F%98%80.txt", "smile", "text/plain; charset=utf-8"],
  ["/a%252Fb.txt", "escaped slash", "text/plain; charset=utf-8"],
  ["/docs/json", "a name like an end", "application/octet-stream"],
  ["/docs/__proto__", "a name that objects inherit", "application/octet-stream"],
  ["/%74erms%2Epdf", "%PDF-1.4 terms", "application/pdf"],
  ["/.well-known//security.txt", "Contact", "text/plain; charset=utf-8"],
  ["/docs/%2e%2E/robots.txt", "User-agent", "text/plain; charset=utf-8"],
  ["//robots.txt", "User-agent", "text/plain; charset=utf-8"],
  ["/docs/../robots.txt", "User-agent", "text/plain; charset=utf-8"],
];
const ASKERS: [string, Record<string, string>][] = [
  ["a navigation", page],
  ["a navigation of an old browser", oldBrowser],
  ["a frame", frame],
  ["a download", download],
  ["an image", image],
  ["fetch", byFetch],
  ["a crawler", crawler],
  ["a client without headers", silent],
];

function filesAreServed(): void {
  it.each(FILES)("serves the file %s to every kind of request", async (path, begins, type) => {
    for (const [who, headers] of ASKERS) {
      const answer = await get(path, headers);
      expect({ who, status: answer.status, type: typeOf(answer) }).toEqual({ who, status: 200, type });
      expect(answer.body.startsWith(begins)).toBe(true);
      expectPrivate(answer);
      expect({ who, cookie: hasCookie(answer) }).toEqual({
        who,
        cookie: type.startsWith("text/html") && [page, oldBrowser, download].includes(headers as typeof page),
      });
    }
  });

  it.each(["/terms.pdf", "/robots.txt", "/silent-renew.html"])(
    "answers HEAD, a conditional request and a range of %s",
    async (path) => {
      const cookie = `${VERSION_COOKIE}=${id}`;
      const whole = await get(path, page);
      const head = await get(path, page, "HEAD");
      expect([head.status, head.body, head.headers["content-length"]]).toEqual([
        200,
        "",
        whole.headers["content-length"],
      ]);
      for (const headers of [{ ...page, cookie }, image, byFetch, crawler, silent]) {
        const conditional = { ...headers, "if-none-match": String(whole.headers.etag) };
        expect((await get(path, conditional)).status).toBe(304);
      }
      const part = await get(path, { ...page, range: "bytes=1-3" });
      expect([part.status, part.body, hasCookie(part)]).toEqual([206, whole.body.slice(1, 4), false]);
    },
  );

  it("answers a conditional page load with 304 only if the cookie names current", async () => {
    const { etag } = (await get("/", page)).headers;
    const asked = (cookie: string) => ({ ...page, cookie, "if-none-match": String(etag) });
    expect((await get("/", asked(`${VERSION_COOKIE}=20200101-000000-0000000`))).status).toBe(200);
    const answer = await get("/", asked(`${VERSION_COOKIE}=${id}`));
    expect([answer.status, hasCookie(answer)]).toEqual([304, true]);
  });

  it("sets no cookie with a prefetch, or with a page below /builds/", async () => {
    const ahead = await get("/", { ...page, "sec-purpose": "prefetch;prerender" });
    expect([ahead.status, hasCookie(ahead)]).toEqual([200, false]);
    const direct = await get(`/builds/${id}/silent-renew.html`, crawler);
    expect([direct.status, hasCookie(direct)]).toEqual([200, false]);
  });

  it.each([
    ["/missing.png", image],
    ["/missing.js", script],
    ["/missing.js", crawler],
    ["/missing.json", byFetch],
    ["/deep/missing", byFetch],
    ["/robots.txt/", byFetch],
    ["/silent-renew.html/x.js", script],
  ])("answers %s with a short 404 to %j", async (path, headers) => {
    expectPlain404(await get(path, headers));
    expect((await get(path, headers, "HEAD")).status).toBe(404);
  });
}

describe('a site of web.kind "app"', () => {
  useSite("app");

  filesAreServed();

  it.each([
    "/",
    "/orders/17",
    "/users/jane.doe",
    "/v1.2/notes",
    "/missing.pdf",
    "/docs/",
    "/about/",
    "/about?x=1",
    "/admin",
  ])("serves the app for a page load of %s, with the cookie", async (path) => {
    for (const headers of [page, oldBrowser]) {
      const answer = await get(path, headers);
      expect([answer.status, titleOf(answer), hasCookie(answer)]).toEqual([200, "app", true]);
      expectPrivate(answer);
    }
    const framed = await get(path, frame);
    expect([framed.status, titleOf(framed), hasCookie(framed)]).toEqual([200, "app", false]);
  });

  it.each(["/", "/orders/17", "/users/jane.doe", "/orders/17?utm=x"])(
    "serves the app to a crawler for %s, without a cookie",
    async (path) => {
      for (const headers of [crawler, silent]) {
        const answer = await get(path, headers);
        expect([answer.status, titleOf(answer), hasCookie(answer)]).toEqual([200, "app", false]);
        expectPrivate(answer);
      }
    },
  );

  it("serves a second page of the build by its name, with the cookie", async () => {
    const answer = await get("/admin.html", page);
    expect([answer.status, titleOf(answer), hasCookie(answer)]).toEqual([200, "admin", true]);
  });

  it("lets caches keep the hashed folder for a year, and hides the metadata of its files", async () => {
    const chunk = /\/(static\/[\w-]+\.js)/.exec((await get("/", page)).body)![1]!;
    const { status, headers } = await get(`/${chunk}`, script);
    expect([status, headers["cache-control"]]).toEqual([200, "public, max-age=31536000, immutable"]);
    expect(Object.keys(headers).filter((name) => name.startsWith("x-amz-meta"))).toEqual([]);
  });

  it("answers 404 for a shared file that does not exist", async () => {
    const answer = await get("/static/lazy-00000000.js", { "sec-fetch-dest": "script" });
    expect([answer.status, hasCookie(answer)]).toEqual([404, false]);
  });

  it("works with the pointer of an earlier release without a path table, until doctor writes one", async () => {
    await removeTable();
    const image1 = await get("/terms.pdf", image);
    expect([image1.status, typeOf(image1)]).toEqual([200, "application/pdf"]);
    expect(titleOf(await get("/orders/17", page))).toBe("app");
    expect(titleOf(await get("/orders/17", crawler))).toBe("app");
    const doctor = (...args: string[]) => stage.run("infra/src/cli/lockstep.ts", ["doctor", ...args]);
    await expect(doctor()).rejects.toThrow("the path table in the pointer is missing");
    expect(await doctor("--fix")).toContain("wrote the pointer");
    expect((await get("/terms.pdf", page)).body).toMatch(/^%PDF/);
  });

  it("keeps the chunks of an old page after a release, and serves files of the new one", {
    timeout: STEP_MS,
  }, async () => {
    const old = await get("/", page);
    const chunk = /\/static\/[\w-]+\.js/.exec(old.body)![0];
    const before = id;
    id = JSON.parse(await stage.run(RELEASE, ["--allow-dirty", "--json"])).id;
    expect((await get(chunk, script)).status).toBe(200);
    const direct = await get(`/builds/${before}/terms.pdf`, byFetch);
    expect(direct.body).toMatch(/^%PDF/);
    const reloaded = await get("/admin.html", page);
    expect([titleOf(reloaded), hasCookie(reloaded)]).toEqual(["admin", true]);
  });
});

/** Changes the pointer to that of a Lockstep without path tables. */
async function removeTable(): Promise<void> {
  const scope = { region: "us-east-1" };
  const { cloud } = stage.aws;
  const { KeyValueStoreList } = await cloud.call<any>("cloudfront", "ListKeyValueStores", {}, scope);
  const KvsARN = KeyValueStoreList.Items[0].ARN;
  const { ETag } = await cloud.call<any>(
    "cloudfront-keyvaluestore",
    "DescribeKeyValueStore",
    { KvsARN },
    scope,
  );
  const Deletes = [{ Key: "files" }];
  const Puts = [{ Key: "current", Value: id }];
  await cloud.call("cloudfront-keyvaluestore", "UpdateKeys", { KvsARN, IfMatch: ETag, Puts, Deletes }, scope);
}

describe("an app below web.base", () => {
  useSite("belowBase");

  it.each(["/app/", "/app/orders/17", "/app/users/jane.doe", "/app/docs/"])(
    "serves the app for %s",
    async (path) => {
      const answer = await get(path, page);
      expect([answer.status, titleOf(answer), hasCookie(answer)]).toEqual([200, "app", true]);
      expectPrivate(answer);
      const crawled = await get(path, crawler);
      expect([crawled.status, hasCookie(crawled)]).toEqual([200, false]);
    },
  );

  it.each(["/", "/app", "/app?a=1&b"])("redirects %s to the base", async (path) => {
    const answer = await get(path, page);
    expect([answer.status, answer.headers.location]).toEqual([
      302,
      path.endsWith("b") ? "/app/?a=1&b" : "/app/",
    ]);
    expectPrivate(answer);
  });

  it("serves files and shared files below the base, and nothing outside it", async () => {
    for (const path of ["/app/terms.pdf", "/app/a+b.txt", "/app/LICENSE", "/app/.well-known/security.txt"])
      expect((await get(path, page)).status).toBe(200);
    const chunk = /\/app\/assets\/[\w-]+\.js/.exec((await get("/app/", page)).body)![0];
    const { status, headers } = await get(chunk, script);
    expect([status, headers["cache-control"]]).toEqual([200, "public, max-age=31536000, immutable"]);
    for (const path of ["/terms.pdf", "/orders/17", "/application"]) expectPlain404(await get(path, page));
  });
});

describe('a site of web.kind "pages"', () => {
  useSite("pages");

  filesAreServed();

  it.each([
    ["/", "home"],
    ["/index.html", "home"],
    ["/about/", "about"],
    ["/about/index.html", "about"],
    ["/blog/2026.11/", "blog of 2026.11"],
    ["/contact", "contact"],
    ["/contact.html", "contact"],
    ["/both", "both as a file"],
    ["/both/", "both as a folder"],
  ])("serves the page of %s", async (path, title) => {
    for (const headers of [page, oldBrowser]) {
      const answer = await get(path, headers);
      expect([answer.status, titleOf(answer), hasCookie(answer)]).toEqual([200, title, true]);
      expectPrivate(answer);
    }
    for (const headers of [frame, crawler, silent, byFetch]) {
      const answer = await get(path, headers);
      expect([answer.status, titleOf(answer), hasCookie(answer)]).toEqual([200, title, false]);
    }
  });

  it.each([
    ["/about", "/about/"],
    ["/about?b=2&a=1&b=3&flag", "/about/?b=2&a=1&b=3&flag"],
    ["/blog/2026.11", "/blog/2026.11/"],
    ["/contact/", "/contact"],
    ["//about", "/about/"],
    ["/%61bout", "/about/"],
  ])("redirects %s to %s, and forbids caching of the redirect", async (path, location) => {
    for (const headers of [page, crawler, frame]) {
      const answer = await get(path, headers);
      expect([answer.status, answer.headers.location, hasCookie(answer)]).toEqual([302, location, false]);
      expectPrivate(answer);
    }
  });

  it.each(["/missing", "/missing/", "/missing.pdf", "/users/jane.doe", "/about/x", "/contact.html/"])(
    "answers a page load of %s with the site's 404.html, with status 404 and no cookie",
    async (path) => {
      for (const headers of [page, oldBrowser, frame]) {
        const conditional = { ...headers, "if-none-match": "*", cookie: `${VERSION_COOKIE}=${id}` };
        for (const asked of [headers, conditional, { ...headers, range: "bytes=0-3" }]) {
          const answer = await get(path, asked);
          expect([answer.status, titleOf(answer), hasCookie(answer)]).toEqual([404, "not found", false]);
          expectPrivate(answer);
        }
      }
      expect((await get(path, page, "HEAD")).status).toBe(404);
    },
  );

  it("answers a crawler with the site's 404.html for a missing page", async () => {
    const answer = await get("/missing", crawler);
    expect([answer.status, titleOf(answer)]).toEqual([404, "not found"]);
  });
});
