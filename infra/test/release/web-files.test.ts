import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkBuild, type Serving } from "../../src/release/build/check-build.ts";
import { contentTypeOf } from "../../src/release/build/content-type.ts";
import { readWebFiles as readFiles, type WebFile } from "../../src/release/build/web-files.ts";
import { uploadFiles } from "../../src/release/deploy/upload-files.ts";
import { verifyFiles } from "../../src/versions/verify-files.ts";
import { idOf } from "../lifecycle/samples.ts";
import { type Aws, openAws } from "../support/open-aws.ts";

const [id, next] = [idOf(1), idOf(2)] as const;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-web-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function build(files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

const page = (version: string) => `<meta name="lockstep-version" content="${version}" data-paths="">`;

const DEFAULT_SERVING: Serving = { kind: "app", base: "/", hashedFolders: ["assets"], paths: [] };
const readWebFiles = (
  from: string,
  version: string,
  options: Partial<Parameters<typeof readFiles>[2]> = {},
): Promise<WebFile[]> => readFiles(from, version, { serving: DEFAULT_SERVING, ...options });

describe("readWebFiles()", () => {
  it("shares assets/ with all versions, and puts the rest below the prefix of the version", async () => {
    await build({
      "index.html": page(id),
      "docs/a.html": page(id),
      "robots.txt": "",
      "assets/app-1.js": "1",
    });
    const files = await readWebFiles(folder, id);
    expect(
      files.map(({ key, cacheControl, contentType, metadata }) => [key, cacheControl, contentType, metadata]),
    ).toEqual([
      ["assets/app-1.js", "public, max-age=31536000, immutable", "text/javascript; charset=utf-8", undefined],
      [
        `builds/${id}/docs/a.html`,
        "public, max-age=0, s-maxage=31536000, must-revalidate",
        "text/html; charset=utf-8",
        { "lockstep-version": id },
      ],
      [
        `builds/${id}/index.html`,
        "public, max-age=0, s-maxage=31536000, must-revalidate",
        "text/html; charset=utf-8",
        { "lockstep-version": id },
      ],
      [
        `builds/${id}/robots.txt`,
        "public, max-age=0, s-maxage=31536000, must-revalidate",
        "text/plain; charset=utf-8",
        undefined,
      ],
    ]);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ["no page", { "robots.txt": "" }, /no index\.html/],
    ["a page of another version", { "index.html": page(next) }, /does not contain the version/],
  ])("refuses a build with %s", async (_, files, message) => {
    await build(files);
    await expect(readWebFiles(folder, id)).rejects.toThrow(message);
  });

  it("writes the new version into the pages of a saved build, and changes nothing else", async () => {
    await build({ "index.html": page(id), "assets/app-1.js": `"${id}"` });
    const files = await readWebFiles(folder, next, { builtAs: id });
    expect(files.map(({ key, body }) => [key, body!.toString()])).toEqual([
      ["assets/app-1.js", `"${id}"`],
      [`builds/${next}/index.html`, page(next)],
    ]);
  });

  it("keeps each byte of a page in a saved build that is not UTF-8", async () => {
    await build({ "index.html": page(id) });
    const old = Buffer.concat([Buffer.from(page(id)), Buffer.from([0x66, 0xfc, 0x72, 0x80, 0xff])]);
    await writeFile(join(folder, "old.html"), old);
    const files = await readWebFiles(folder, next, { builtAs: id });
    const kept = files.find(({ key }) => key.endsWith("/old.html"))!;
    expect(kept.body).toEqual(Buffer.concat([Buffer.from(page(next)), old.subarray(page(id).length)]));
  });

  it("accepts a name as long as S3 allows for a key, below a base and in a shared folder", async () => {
    const part = "d".repeat(200);
    const folders = `${part}/${part}/${part}/${part}/`;
    const below = { ...DEFAULT_SERVING, base: "/app/" };
    const longest = (prefix: string) => folders + "x".repeat(1024 - prefix.length - folders.length);
    await build({
      "index.html": page(id),
      [longest(`builds/${id}/app/`)]: "",
      [`assets/${longest("app/assets/")}`]: "",
    });
    const files = await readWebFiles(folder, id, { serving: below });
    expect(files.map(({ key }) => Buffer.byteLength(key)).filter((bytes) => bytes === 1024)).toHaveLength(2);
    await build({ [`${longest(`builds/${id}/app/`)}y`]: "" });
    await expect(readWebFiles(folder, id, { serving: below })).rejects.toThrow("would have 1025 bytes");
  });

  it("compresses text that is too large for CloudFront to compress, and nothing else", async () => {
    await build({
      "index.html": page(id),
      "assets/large-1.js": "x".repeat(10_000_001),
      "assets/small-2.js": "x",
      "assets/film-3.mp4": "x".repeat(10_000_001),
    });
    const files = await readWebFiles(folder, id);
    const zipped = files.filter(({ contentEncoding }) => contentEncoding === "gzip");
    expect(zipped.map(({ key }) => key)).toEqual(["assets/large-1.js"]);
    expect(gunzipSync(zipped[0]!.body!).length).toBe(10_000_001);
  });

  const pages: Serving = { kind: "pages", base: "/", hashedFolders: ["_astro"], paths: [] };

  it("puts a site with a base below it, and gives 404.html a status and no version", async () => {
    await build({
      "index.html": page(id),
      "404.html": page(id),
      "_astro/a.CYFkkBWN.js": "1",
      "a/404.html": page(id),
    });
    const files = await readWebFiles(folder, id, { serving: { ...pages, base: "/docs/" } });
    expect(files.map(({ key, metadata, shared }) => [key, metadata, shared])).toEqual([
      [`builds/${id}/docs/404.html`, { "lockstep-status": "404" }, false],
      ["docs/_astro/a.CYFkkBWN.js", undefined, true],
      [`builds/${id}/docs/a/404.html`, { "lockstep-version": id }, false],
      [`builds/${id}/docs/index.html`, { "lockstep-version": id }, false],
    ]);
  });

  it("follows a link inside the build, to a file and to a folder", async () => {
    await build({ "index.html": page(id), "real/a.txt": "a" });
    await symlink("real/a.txt", join(folder, "a.txt"));
    await symlink("real", join(folder, "linked"));
    const names = (await readWebFiles(folder, id)).map(({ key }) => key.slice(`builds/${id}/`.length));
    expect(names).toEqual(["a.txt", "index.html", "linked/a.txt", "real/a.txt"]);
  });

  it.each<[string, string, RegExp]>([
    [
      "out of the build",
      "../../etc/hosts",
      /^linked\.txt is a symbolic link to \/.*, which is outside the build/,
    ],
    ["to nothing", "missing.txt", /^linked\.txt is a broken symbolic link/],
    ["to the build itself", ".", /^linked\.txt is a symbolic link to a folder that contains it/],
  ])("refuses a link %s, and names it", async (_what, target, message) => {
    await build({ "index.html": page(id) });
    await symlink(target.startsWith("..") ? "/etc/hosts" : target, join(folder, "linked.txt"));
    await expect(readWebFiles(folder, id)).rejects.toThrow(message);
  });

  it.each([
    ["a\nb.txt", /control character/],
    ["a\u0085b.txt", /control character/],
    ["a\ufffe.txt", /control character/],
    [`builds/${id}/x.js`, /never served: \/builds\/<version>\/ belongs to Lockstep/],
    ["a\\b.txt", /backslash/],
    ["assets/a+b.js", /which S3 reads as a space/],
    [
      `${"d/".repeat(200)}${"x".repeat(250)}/${"y".repeat(250)}/${"z".repeat(250)}`,
      /too long: its key would have \d+ bytes, and S3 allows 1024/,
    ],
    [".lockstep/status", /belongs to Lockstep/],
    ["api/data.json", /never served: requests for it go to the service \(\/api\/\*\)/],
  ])("refuses %j, and names it", async (name, message) => {
    await build({ "index.html": paged("/api/*"), [name]: "" });
    await expect(
      readWebFiles(folder, id, { serving: { ...DEFAULT_SERVING, paths: ["/api/*"] } }),
    ).rejects.toThrow(message);
  });

  it.each([
    "a b.txt",
    "a+b.txt",
    "100%.txt",
    "a#b.txt",
    "a?b.txt",
    'it\'s "q".txt',
    "\u00fc.txt",
    "a%2Fb.txt",
    "a;b&c=d|e<f>.txt",
    " lead and tail ",
    "\u{1f600}.png",
    "...",
    "builds/x.js",
    "constructor",
    "__proto__",
    "u\u0308.txt",
    "日本.pdf",
  ])("accepts a file named %j unchanged", async (name) => {
    await build({ "index.html": page(id), [name]: "x" });
    expect((await readWebFiles(folder, id)).map(({ key }) => key)).toContain(`builds/${id}/${name}`);
  });

  it("refuses a nested page of another version, and accepts pages without a version", async () => {
    await build({ "index.html": page(id), "silent-renew.html": "<script></script>" });
    await readWebFiles(folder, id);
    await build({ "docs/index.html": page(next) });
    await expect(readWebFiles(folder, id)).rejects.toThrow(`docs/index.html is a page of ${next}`);
  });

  it("refuses a page of a version in a shared folder, and accepts a page without a version", async () => {
    await build({ "index.html": page(id), "assets/widget.html": "<p>" });
    await readWebFiles(folder, id);
    for (const version of [id, next]) {
      await build({ "assets/old/index.html": page(version) });
      await expect(readWebFiles(folder, id)).rejects.toThrow(
        /^assets\/old\/index\.html: pages of a version in a folder of web\.hashedFolders/,
      );
    }
  });

  it("does not keep a large file in memory", async () => {
    await build({ "index.html": page(id), "film.mp4": "x".repeat(2_000_000) });
    const film = (await readWebFiles(folder, id)).find(({ key }) => key.endsWith("film.mp4"))!;
    expect(film.body).toBeUndefined();
    const aws = await openAws();
    await uploadFiles(id, [film], { s3: aws.clients.s3, bucket: "web" });
    expect((await aws.objects.head("web", film.key)).ETag).toBe(`"${film.md5}"`);
  });

  it("refuses more files than the path table can hold, and reports their number", async () => {
    const names = Array.from({ length: 8000 }, (_, n) => ({ name: `f/${n}`, shared: false }));
    expect(() => checkBuild(names, id, DEFAULT_SERVING)).toThrow(/^8000 files outside web.hashedFolders/);
  });

  it("refuses an empty build", async () => {
    await expect(readWebFiles(join(folder, "dist"), id)).rejects.toMatchObject({ code: "BUILD_INCOMPLETE" });
  });
});

/** A page that names the paths that it pins. */
const paged = (paths: string, version: string = id) =>
  `<meta name="lockstep-version" content="${version}" data-paths="${paths}">`;

describe("readWebFiles(), compared with the configuration", () => {
  const serving: Serving = {
    kind: "app",
    base: "/",
    hashedFolders: ["assets"],
    paths: ["/api/*", "/graphql"],
  };
  const manifest = (change: object = {}) =>
    JSON.stringify({
      version: id,
      paths: serving.paths,
      base: "/",
      hashedFolders: ["assets"],
      files: {},
      ...change,
    });
  const read = (builtAs = id) => readWebFiles(folder, id, { serving, builtAs });

  it("accepts a build whose manifest matches, in any order, also a saved build", async () => {
    await build({
      "index.html": page(id),
      "lockstep-files.json": manifest({ paths: ["/graphql", "/api/*"] }),
    });
    await read();
    await build({ "index.html": page(next), "lockstep-files.json": manifest({ version: next }) });
    await read(next);
  });

  it.each([
    [
      "other paths",
      { paths: ["/api/*"] },
      /is for \["\/api\/\*"\], but api.pathPatterns is \["\/api\/\*","\/graphql"\]/,
    ],
    ["another base", { base: "/app/" }, /is for \["\/app\/"\], but web.base is \["\/"\]/],
    [
      "other folders",
      { hashedFolders: ["static"] },
      /is for \["static"\], but web.hashedFolders is \["assets"\]/,
    ],
  ])("refuses a build for %s, and reports both values", async (_what, change, message) => {
    await build({ "index.html": page(id), "lockstep-files.json": manifest(change) });
    await expect(read()).rejects.toMatchObject({
      code: "BUILD_MISMATCH",
      message: expect.stringMatching(message),
    });
  });

  it("refuses the manifest of another build", async () => {
    await build({ "index.html": page(id), "lockstep-files.json": manifest({ version: next }) });
    await expect(read()).rejects.toThrow(
      `lockstep-files.json does not belong to this build (it names ${next})`,
    );
  });

  it("accepts a build without a manifest if its pages name the paths that they pin", async () => {
    await build({ "index.html": paged("/api/* /graphql"), "plain.html": "<p>" });
    await read();
    await build({ "index.html": paged("/api/*") });
    await expect(read()).rejects.toThrow(/index\.html: The build is for/);
    await build({ "index.html": page(id).replace(` data-paths=""`, "") });
    await expect(read()).rejects.toThrow(
      /index\.html does not name the paths that it pins.*data-paths="\/api\/\* \/graphql"/,
    );
  });

  it.each([
    ["static/lazy-CYFkkBWN.js", "static"],
    ["_next/static/chunks/main.3f2a91bc77.js", "_next/static/chunks"],
    ["css/index-D8gk2_1a.css", "css"],
    ["_app/immutable/start.BxQ1aZ-3.mjs", "_app/immutable"],
  ])("refuses the chunk %s outside the shared folders, and reports the fix", async (name, folderName) => {
    const last = name.slice(name.lastIndexOf("/") + 1);
    await build({ "index.html": `${paged("/api/* /graphql")}<script src="/${name}">`, [name]: "1" });
    await expect(read()).rejects.toThrow(`Add "${folderName}" to web.hashedFolders`);
    await build({ "index.html": paged("/api/* /graphql"), "assets/a-1.js": `import("./${last}")` });
    await expect(read()).rejects.toMatchObject({ code: "BUILD_MISMATCH" });
  });

  it.each([
    "vendor/jquery-migrate.js",
    "bootstrap.bundle.min.js",
    "workbox-1d305bb8.js",
    "sw.js",
    "js/analytics.js",
  ])("accepts %s, which carries no hash", async (name) => {
    await build({ "index.html": `${paged("/api/* /graphql")}<script src="/${name}">`, [name]: "1" });
    await read();
  });
});

describe("contentTypeOf()", () => {
  it.each([
    ["a.css", "text/css; charset=utf-8"],
    ["a.svg", "image/svg+xml; charset=utf-8"],
    ["a.json", "application/json; charset=utf-8"],
    ["a.wasm", "application/wasm"],
    ["a.woff2", "font/woff2"],
    ["LICENSE", "application/octet-stream"],
    ["a.mjs", "text/javascript; charset=utf-8"],
    ["a.js.map", "application/json; charset=utf-8"],
    ["a.webmanifest", "application/manifest+json; charset=utf-8"],
    ["a.avif", "image/avif"],
    ["a.pdf", "application/pdf"],
    ["PAGE.HTML", "text/html; charset=utf-8"],
    ["feed.rss", "application/rss+xml; charset=utf-8"],
    [".well-known/security.txt", "text/plain; charset=utf-8"],
    [".well-known/apple-app-site-association", "application/json"],
    [".well-known/assetlinks.json", "application/json; charset=utf-8"],
    [".well-known/webauthn", "application/json"],
    [".well-known/passkey-endpoints", "application/json"],
    [".well-known/oauth-protected-resource", "application/json"],
    [".well-known/matrix/client", "application/json"],
    ["docs/.well-known/host-meta", "application/xrd+xml"],
    ["matrix/client", "application/octet-stream"],
    ["favicon.ico", "image/vnd.microsoft.icon"],
    ["old.cjs", "text/javascript; charset=utf-8"],
    ["card.VCF", "text/vcard; charset=utf-8"],
    ["app.apk", "application/vnd.android.package-archive"],
    ["chair.usdz", "model/vnd.usdz+zip"],
    ["live.m3u8", "application/vnd.apple.mpegurl"],
    ["terms.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
    ["a.tar.gz", "application/gzip"],
    ["a.tgz", "application/gzip"],
    ["CNAME", "application/octet-stream"],
    [".env", "application/octet-stream"],
    ["map", "application/octet-stream"],
    ["docs/json", "application/octet-stream"],
    ["constructor", "application/octet-stream"],
    ["a.constructor", "application/octet-stream"],
    ["__proto__", "application/octet-stream"],
    [".well-known/__proto__", "application/octet-stream"],
    [".well-known/constructor", "application/octet-stream"],
  ])("%s is %s", (name, type) => {
    expect(contentTypeOf(name)).toBe(type);
  });
});

describe("uploadFiles() and verifyFiles()", () => {
  const manifestOf = (files: WebFile[]) => new Map(files.map(({ key, md5 }) => [key, md5]));
  const options = (aws: Aws) => ({ s3: aws.clients.s3, bucket: "web" });

  it("upload shared files once, also if the listing has several pages", async () => {
    const aws = await openAws();
    aws.onCall = (_phase, name, input) => {
      if (name === "s3:ListObjectsV2") input.MaxKeys = 1;
    };
    await build({ "index.html": page(id), "assets/app-1.js": "1", "assets/vendor-2.js": "2" });
    expect(await uploadFiles(id, await readWebFiles(folder, id), options(aws))).toEqual({
      uploaded: 3,
      present: 0,
    });
    await build({ "index.html": page(next), "assets/app-3.js": "3" });
    const files = await readWebFiles(folder, next);
    expect(await uploadFiles(next, files, options(aws))).toEqual({ uploaded: 2, present: 2 });
    await verifyFiles(next, manifestOf(files), options(aws));
    expect(await uploadFiles(next, files, options(aws))).toEqual({ uploaded: 0, present: 4 });
  });

  it("refuse a shared file whose content changed but not its name, because other versions use it", async () => {
    const aws = await openAws();
    await build({ "index.html": page(id), "assets/app.js": "1" });
    await uploadFiles(id, await readWebFiles(folder, id), options(aws));
    await build({ "assets/app.js": "2" });
    await expect(uploadFiles(id, await readWebFiles(folder, id), options(aws))).rejects.toMatchObject({
      code: "ASSET_NOT_HASHED",
    });
  });

  it("refuse a changed shared file of any size, compressed or not, and accept an unchanged one", async () => {
    const aws = await openAws();
    const large = (letter: string) => letter.repeat(10_000_001);
    await build({ "index.html": page(id), "assets/data.json": large("a"), "assets/film.mp4": "1" });
    const files = await readWebFiles(folder, id);
    await uploadFiles(id, files, options(aws));
    const { Metadata } = await aws.objects.head("web", "assets/data.json");
    const replace = (Metadata: object) =>
      aws.objects.put("web", "assets/data.json", gzipSync(large("a"), { level: 1 }), {
        ContentEncoding: "gzip",
        Metadata,
      });
    await replace(Metadata); // written by another compressor
    expect(await uploadFiles(id, files, options(aws))).toEqual({ uploaded: 0, present: 3 });
    await replace({}); // an earlier version of Lockstep wrote no metadata
    expect(await uploadFiles(id, files, options(aws))).toEqual({ uploaded: 0, present: 3 });
    await build({ "assets/data.json": large("b") });
    const changed = await readWebFiles(folder, id);
    await expect(uploadFiles(id, changed, options(aws))).rejects.toMatchObject({ code: "ASSET_NOT_HASHED" });
  });

  it("find files that are missing, truncated or without metadata", async () => {
    const aws = await openAws();
    await build({ "index.html": page(id), "assets/a-1.js": "1", "robots.txt": "all" });
    const files = await readWebFiles(folder, id);
    await uploadFiles(id, files, options(aws));
    await aws.objects.remove("web", "assets/a-1.js");
    await aws.objects.put("web", `builds/${id}/robots.txt`, "al");
    await aws.objects.put("web", `builds/${id}/index.html`, page(id));
    const failure = await verifyFiles(id, manifestOf(files), options(aws)).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: "FILES_MISSING" });
    expect((failure as Error).message).toMatch(
      /a-1\.js is missing.*index\.html has the metadata of no version.*robots\.txt has other content/s,
    );
  });
});
