import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { uploadFiles } from "../../src/release/upload-files.ts";
import { verifyFiles } from "../../src/release/verify-files.ts";
import { contentTypeOf, readWebFiles, type WebFile } from "../../src/release/web-files.ts";
import { createFakeAws } from "../lifecycle/fake-aws.ts";
import { idOf } from "../lifecycle/samples.ts";

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

const page = (version: string) => `<meta name="lockstep-version" content="${version}">`;

describe("readWebFiles()", () => {
  it("shares assets/ with all versions and puts the rest under the version's own prefix", async () => {
    await build({ "index.html": page(id), "docs/a.html": "", "robots.txt": "", "assets/app-1.js": "1" });
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
    ["a page of another version", { "index.html": page(next) }, /does not name/],
  ])("refuses a build with %s", async (_, files, message) => {
    await build(files);
    await expect(readWebFiles(folder, id)).rejects.toThrow(message);
  });

  it("stamps the pages of a build that was kept with the new version, and nothing else", async () => {
    await build({ "index.html": page(id), "assets/app-1.js": `"${id}"` });
    const files = await readWebFiles(folder, next, { builtAs: id });
    expect(files.map(({ key, body }) => [key, body.toString()])).toEqual([
      ["assets/app-1.js", `"${id}"`],
      [`builds/${next}/index.html`, page(next)],
    ]);
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
    expect(gunzipSync(zipped[0]!.body).length).toBe(10_000_001);
  });

  it("refuses a build that left nothing", async () => {
    await expect(readWebFiles(join(folder, "dist"), id)).rejects.toMatchObject({ code: "BUILD_INCOMPLETE" });
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
  ])("%s is %s", (name, type) => {
    expect(contentTypeOf(name)).toBe(type);
  });
});

describe("uploadFiles() and verifyFiles()", () => {
  const manifestOf = (files: WebFile[]) => new Map(files.map(({ key, md5 }) => [key, md5]));
  const options = (aws: ReturnType<typeof createFakeAws>) => ({ s3: aws.clients.s3, bucket: "web" });

  it("upload shared files once, whatever the pages of the listing", async () => {
    const aws = createFakeAws();
    aws.pageSize = 1;
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

  it("refuse a shared file that changed under its name: other versions use it", async () => {
    const aws = createFakeAws();
    await build({ "index.html": page(id), "assets/app.js": "1" });
    await uploadFiles(id, await readWebFiles(folder, id), options(aws));
    await build({ "assets/app.js": "2" });
    await expect(uploadFiles(id, await readWebFiles(folder, id), options(aws))).rejects.toMatchObject({
      code: "ASSET_NOT_HASHED",
    });
  });

  it("find what is missing, cut short or not stamped", async () => {
    const aws = createFakeAws();
    await build({ "index.html": page(id), "assets/a-1.js": "1", "robots.txt": "all" });
    const files = await readWebFiles(folder, id);
    await uploadFiles(id, files, options(aws));
    aws.objects.delete("web/assets/a-1.js");
    aws.objects.get(`web/builds/${id}/robots.txt`)!.etag = `"${"0".repeat(32)}"`;
    aws.objects.get(`web/builds/${id}/index.html`)!.input.Metadata = {};
    const failure = await verifyFiles(id, manifestOf(files), options(aws)).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: "FILES_MISSING" });
    expect((failure as Error).message).toMatch(
      /a-1\.js is missing.*index\.html is stamped with no version.*robots\.txt has another content/s,
    );
  });
});
