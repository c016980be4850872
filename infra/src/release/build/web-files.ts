import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { BUILD_MANIFEST, CONTENT_METADATA, STAMP_METADATA, STATUS_METADATA } from "@lockstep/edge/names";
import pLimit from "p-limit";
import { LockstepError } from "../../base/lockstep-error.ts";
import type { LockstepConfig } from "../../config/config.ts";
import { isPage } from "../../versions/page.ts";
import { type BuiltFile, listBuild } from "./build-folder.ts";
import {
  type CheckedFile,
  checkBuild,
  checkNames,
  DEFAULT_SERVING,
  isShared,
  keyFor,
  type Serving,
} from "./check-build.ts";
import { contentTypeOf } from "./content-type.ts";

export { contentTypeOf } from "./content-type.ts";

/** A file of a build and how it stands in the web bucket. */
export interface WebFile {
  key: string;
  /** On this machine. */
  path: string;
  /** What is uploaded. Absent for a large file that goes up as it is: it is read from `path` then. */
  body?: Buffer;
  contentType: string;
  /** Compressed beforehand, where CloudFront would not do it. */
  contentEncoding?: "gzip";
  cacheControl: string;
  /**
   * User metadata. On a page, its version, from which `stamp` makes the cookie, or the status of a page for what is missing. On a shared
   * file that was compressed, the MD5 of its content.
   */
  metadata?: Record<string, string>;
  /** What S3 gives as the ETag of the object. */
  md5: string;
  /** Content-hashed and shared by all versions. */
  shared: boolean;
}

/** The name carries the content's hash: good for ever, for everybody. */
const SHARED_CACHE = "public, max-age=31536000, immutable";
/**
 * Everything else has the same name in each version. At the edge it stands under the version's own key and never changes (`s-maxage`). A
 * viewer gets `private, no-cache` from the distribution instead (docs/decisions/065).
 */
const VERSION_CACHE = "public, max-age=0, s-maxage=31536000, must-revalidate";
/** CloudFront compresses by itself what is text and no larger than this (developer guide, "Serve compressed files"). */
const CLOUDFRONT_COMPRESSES_BYTES = 10_000_000;
/** A larger file is read again when it is uploaded, so that a build does not have to fit the memory. */
const MAX_BUFFERED_BYTES = 1_000_000;
const CONCURRENCY = 16;

/** How a release serves a frontend. */
export function servingOf({ web, api }: Pick<LockstepConfig, "web" | "api">): Serving {
  return { ...web, paths: api.pathPatterns };
}

interface ReadOptions {
  /** The id that the build stamped into its pages; they get the version's own instead. Default: the same. */
  builtAs?: string | undefined;
  /** Default: an app at the root whose shared files are in `assets/`, which is compared with no path patterns. */
  serving?: Serving;
}

/**
 * The files of a frontend build, as they go to the web bucket: folders of hashed files shared by all versions, the rest under the
 * version's own prefix.
 *
 * @throws LockstepError BUILD_INCOMPLETE when there is no index.html, a page is of another version, or a file cannot be served;
 *   BUILD_MISMATCH when the build is not what the configuration says
 */
export async function readWebFiles(
  folder: string,
  id: string,
  { builtAs = id, serving = DEFAULT_SERVING }: ReadOptions = {},
): Promise<WebFile[]> {
  const built = await listBuild(folder);
  checkNames(
    built.map(({ name }) => name),
    serving,
  );
  const limit = pLimit(CONCURRENCY);
  const read = await Promise.all(built.map((file) => limit(() => toWebFile(file, { id, builtAs, serving }))));
  const index = read.find(({ checked }) => checked.name === "index.html");
  if (index === undefined) throw new LockstepError("BUILD_INCOMPLETE", `${folder} has no index.html.`);
  if (!index.checked.text?.includes(builtAs))
    throw new LockstepError(
      "BUILD_INCOMPLETE",
      `index.html in ${folder} does not name ${builtAs}. Does the Vite config have the lockstep() plugin?`,
    );
  checkBuild(
    read.map(({ checked }) => checked),
    builtAs,
    serving,
  );
  return read.map(({ file }) => file);
}

async function toWebFile(
  { name, path }: BuiltFile,
  { id, builtAs, serving }: { id: string; builtAs: string; serving: Serving },
): Promise<{ file: WebFile; checked: CheckedFile }> {
  const shared = isShared(name, serving);
  const page = !shared && isPage(name);
  const built = await readFile(path);
  // As latin1, which keeps each byte: a page need not be UTF-8.
  const content =
    page && builtAs !== id ? Buffer.from(built.toString("latin1").replaceAll(builtAs, id), "latin1") : built;
  const contentType = contentTypeOf(name);
  const zipped = content.length > CLOUDFRONT_COMPRESSES_BYTES && COMPRESSIBLE.test(contentType);
  const body = zipped ? await promisify(gzip)(content, { level: 9 }) : content;
  const metadata = metadataOf({ name, page, zipped: zipped && shared, content }, id, serving);
  const file: WebFile = {
    key: keyFor(name, id, serving),
    path,
    ...((zipped || page || body.length <= MAX_BUFFERED_BYTES) && { body }),
    contentType,
    ...(zipped && { contentEncoding: "gzip" as const }),
    cacheControl: shared ? SHARED_CACHE : VERSION_CACHE,
    ...(metadata && { metadata }),
    md5: createHash("md5").update(body).digest("hex"),
    shared,
  };
  const readable = isPage(name) || name === BUILD_MANIFEST || /\.(?:m?js|css)$/.test(name);
  return { file, checked: { name, shared, ...(readable && { text: built.toString() }) } };
}

interface FileFacts {
  name: string;
  page: boolean;
  /** Shared, and compressed here. */
  zipped: boolean;
  content: Buffer;
}

function metadataOf(
  { name, page, zipped, content }: FileFacts,
  id: string,
  { kind }: Serving,
): Record<string, string> | undefined {
  if (zipped) return { [CONTENT_METADATA]: createHash("md5").update(content).digest("hex") };
  if (!page) return undefined;
  return kind === "pages" && name === "404.html" ? { [STATUS_METADATA]: "404" } : { [STAMP_METADATA]: id };
}

const COMPRESSIBLE = /^text\/|^application\/(javascript|json|xml|wasm|manifest\+json)|^image\/svg\+xml/;
