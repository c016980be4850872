import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { buildPrefix } from "@lockstep/edge/names";
import { lookup } from "mrmime";
import { LockstepError } from "../base/lockstep-error.ts";

/** A file of a build and how it stands in the web bucket. */
export interface WebFile {
  key: string;
  /** On this machine. */
  path: string;
  body: Buffer;
  contentType: string;
  /** Compressed beforehand, where CloudFront would not do it. */
  contentEncoding?: "gzip";
  cacheControl: string;
  /** User metadata; the version on HTML only, from which `stamp` makes the cookie. */
  metadata?: Record<string, string>;
  /** What S3 gives as the ETag of the object. */
  md5: string;
  /** Content-hashed and shared by all versions. */
  shared: boolean;
}

/** The name carries the content's hash: good for ever, for everybody. */
const SHARED_CACHE = "public, max-age=31536000, immutable";
/**
 * Everything else has a name that each version has anew. At the edge it stands under the version's own key and never
 * changes (`s-maxage`); a browser asks every time, because for the browser the same name is another file tomorrow.
 */
const VERSION_CACHE = "public, max-age=0, s-maxage=31536000, must-revalidate";
export const SHARED_FOLDER = "assets/";
/** CloudFront compresses by itself what is text and no larger than this (developer guide, "Serve compressed files"). */
const CLOUDFRONT_COMPRESSES_BYTES = 10_000_000;

/**
 * The files of a frontend build, as they go to the web bucket: `assets/` shared by all versions, the rest under the
 * version's own prefix.
 *
 * @param builtAs the id that the build stamped into its pages; they get `id` instead
 * @throws LockstepError BUILD_INCOMPLETE when there is no index.html, or it names another version
 */
export async function readWebFiles(
  folder: string,
  id: string,
  { builtAs = id }: { builtAs?: string } = {},
): Promise<WebFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new LockstepError("BUILD_INCOMPLETE", `The build left no folder ${folder}.`, { cause });
  });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
  const files = await Promise.all(names.map((name) => toWebFile(folder, name, { id, builtAs })));
  const index = files.find(({ key }) => key === `${buildPrefix(id).slice(1)}index.html`);
  if (index === undefined) throw new LockstepError("BUILD_INCOMPLETE", `${folder} has no index.html.`);
  if (!index.body.includes(id))
    throw new LockstepError(
      "BUILD_INCOMPLETE",
      `index.html in ${folder} does not name ${id}. Does the Vite config have the lockstep() plugin?`,
    );
  return files;
}

async function toWebFile(
  folder: string,
  name: string,
  { id, builtAs }: { id: string; builtAs: string },
): Promise<WebFile> {
  const path = join(folder, name);
  const shared = name.startsWith(SHARED_FOLDER);
  const html = !shared && name.endsWith(".html");
  const built = await readFile(path);
  const content = html && builtAs !== id ? Buffer.from(built.toString().replaceAll(builtAs, id)) : built;
  const contentType = contentTypeOf(name);
  const zipped = content.length > CLOUDFRONT_COMPRESSES_BYTES && COMPRESSIBLE.test(contentType);
  const body = zipped ? await promisify(gzip)(content, { level: 9 }) : content;
  return {
    key: shared ? name : `${buildPrefix(id).slice(1)}${name}`,
    path,
    body,
    contentType,
    ...(zipped && { contentEncoding: "gzip" as const }),
    cacheControl: shared ? SHARED_CACHE : VERSION_CACHE,
    ...(html && { metadata: { "lockstep-version": id } }),
    md5: createHash("md5").update(body).digest("hex"),
    shared,
  };
}

const COMPRESSIBLE = /^text\/|^application\/(javascript|json|xml|wasm|manifest\+json)|^image\/svg\+xml/;
const TEXT = /^text\/|^application\/(javascript|json|xml|manifest\+json)$|^image\/svg\+xml$/;

export function contentTypeOf(name: string): string {
  const type = lookup(name) ?? "application/octet-stream";
  return TEXT.test(type) ? `${type}; charset=utf-8` : type;
}
