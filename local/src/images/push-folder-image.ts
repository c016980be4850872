import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { FILE_LAYER, FILE_TITLE } from "./file-layer.ts";

const IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json";
const IMAGE_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const WORKING_DIRECTORY = "/app";

export interface FolderImage {
  /** Folder whose files become the image. */
  folder: string;
  /** Tag of the image. */
  id: string;
  /** `<account>.dkr.ecr.<region>.amazonaws.com/<repository>` */
  repositoryUri: string;
  /** Aborts the push. */
  signal?: AbortSignal;
  /** URL of the local AWS. Default: `AWS_ENDPOINT_URL`. */
  endpoint?: string;
}

/**
 * Pushes a folder as an image of plain files to the local AWS's registry. Such an image does not run on AWS, where a
 * layer is an archive.
 *
 * @param command command of the image's containers, started in the folder
 * @returns the image's name by digest, `<repositoryUri>@sha256:…`
 * @throws Error if the endpoint is missing, the folder is missing or empty, or the registry refuses the image
 */
export async function pushFolderImage(command: readonly string[], image: FolderImage): Promise<string> {
  const { folder, id, repositoryUri, signal, endpoint = process.env.AWS_ENDPOINT_URL } = image;
  if (!endpoint)
    throw new Error(
      "An image of plain files runs only on the local AWS, and AWS_ENDPOINT_URL is not set. Set it, or build an image with docker.",
    );
  const slash = repositoryUri.indexOf("/");
  const registry: Registry = {
    url: `${endpoint.replace(/\/$/, "")}/v2/${repositoryUri.slice(slash + 1)}`,
    host: repositoryUri.slice(0, slash),
    signal,
  };
  const files = await readFiles(folder);
  const config = toBlob(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      config: { Cmd: command, WorkingDir: WORKING_DIRECTORY, Env: [] },
      rootfs: { type: "layers", diff_ids: files.map(({ digest }) => digest) },
    }),
  );
  await Promise.all([config, ...files].map((blob) => pushBlob(blob, registry)));
  const manifest = toBlob(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: IMAGE_MANIFEST,
      config: { mediaType: IMAGE_CONFIG, digest: config.digest, size: config.content.length },
      layers: files.map(({ name, digest, content }) => ({
        mediaType: FILE_LAYER,
        digest,
        size: content.length,
        annotations: { [FILE_TITLE]: name },
      })),
    }),
  );
  await send(registry, "PUT", `${registry.url}/manifests/${id}`, {
    headers: { "content-type": IMAGE_MANIFEST },
    body: manifest.content,
  });
  return `${repositoryUri}@${manifest.digest}`;
}

interface Blob {
  digest: string;
  content: Buffer;
}

/** Reads a folder's files, in the order of their paths. */
async function readFiles(folder: string): Promise<(Blob & { name: string })[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new Error(`Could not read the folder ${folder}.`, { cause });
  });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  if (paths.length === 0) throw new Error(`The folder ${folder} is empty.`);
  return Promise.all(
    paths.sort().map(async (path) => ({
      name: relative(folder, path).split(sep).join("/"),
      ...toBlob(await readFile(path)),
    })),
  );
}

function toBlob(content: Buffer | string): Blob {
  const bytes = Buffer.from(content);
  return { content: bytes, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}` };
}

interface Registry {
  url: string;
  /** Host in the repository's name. The endpoint serves all registries and selects one by this host. */
  host: string;
  signal?: AbortSignal;
}

/** Uploads a blob in one piece, unless the registry has it (OCI distribution protocol). */
async function pushBlob({ digest, content }: Blob, registry: Registry): Promise<void> {
  const present = await send(registry, "HEAD", `${registry.url}/blobs/${digest}`, {}, [404]);
  if (present.status !== 404) return;
  const started = await send(registry, "POST", `${registry.url}/blobs/uploads/`, {});
  const location = new URL(started.headers.get("location") ?? "", registry.url);
  location.searchParams.set("digest", digest);
  await send(registry, "PUT", location.href, {
    headers: { "content-type": "application/octet-stream" },
    body: content,
  });
}

/** @param accepted statuses that are not errors, besides 2xx */
async function send(
  { host, signal }: Registry,
  method: string,
  url: string,
  { headers, body }: { headers?: Record<string, string>; body?: Buffer },
  accepted: readonly number[] = [],
): Promise<Response> {
  const response = await fetch(url, {
    method,
    headers: { ...headers, "x-forwarded-host": host },
    body: body && new Uint8Array(body),
    signal,
  });
  const text = await response.text();
  if (!response.ok && !accepted.includes(response.status))
    throw new Error(`${method} ${url} answered ${response.status}: ${text.slice(0, 300)}`);
  return response;
}
