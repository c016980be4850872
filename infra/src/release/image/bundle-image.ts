import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { LockstepError } from "../../base/lockstep-error.ts";
import type { ImageOptions } from "./docker-image.ts";

/** A layer that is one plain file; its path is the title annotation. */
const FILE_LAYER = "application/vnd.local-aws.file.v1";
const IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json";
const IMAGE_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const WORKING_DIRECTORY = "/app";

interface Blob {
  digest: string;
  content: Buffer;
}

/**
 * Pushes a folder and a command as an OCI image whose layers are the files themselves: for the local AWS, where a task is
 * a process. The registry is that of `AWS_ENDPOINT_URL`.
 *
 * @returns the image's name by digest
 * @throws LockstepError IMAGE_FAILED with what the registry said
 */
export async function pushBundleImage(command: readonly string[], options: ImageOptions): Promise<string> {
  const { folder, id, repositoryUri, signal } = options;
  const endpoint = process.env.AWS_ENDPOINT_URL;
  if (!endpoint)
    throw new LockstepError(
      "IMAGE_FAILED",
      'api.image.kind "bundle" is for the local AWS (AWS_ENDPOINT_URL is not set). On AWS use "docker".',
    );
  const slash = repositoryUri.indexOf("/");
  const registry: Registry = {
    url: `${endpoint.replace(/\/$/, "")}/v2/${repositoryUri.slice(slash + 1)}`,
    host: repositoryUri.slice(0, slash),
    signal,
  };
  const files = await readLayers(folder);
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
        annotations: { "org.opencontainers.image.title": name },
      })),
    }),
  );
  await send(registry, "PUT", `${registry.url}/manifests/${id}`, {
    headers: { "content-type": IMAGE_MANIFEST },
    body: manifest.content,
  });
  return `${repositoryUri}@${manifest.digest}`;
}

async function readLayers(folder: string): Promise<(Blob & { name: string })[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new LockstepError("BUILD_INCOMPLETE", `The build left no folder ${folder}.`, { cause });
  });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  if (paths.length === 0) throw new LockstepError("BUILD_INCOMPLETE", `${folder} is empty.`);
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
  /** Host of the repository's name: the endpoint serves all registries and is told which. */
  host: string;
  signal?: AbortSignal;
}

/** OCI distribution protocol: asks whether it is there, else starts an upload and sends it in one piece. */
async function pushBlob({ digest, content }: Blob, registry: Registry): Promise<void> {
  const there = await send(registry, "HEAD", `${registry.url}/blobs/${digest}`, {}, [404]);
  if (there.status !== 404) return;
  const started = await send(registry, "POST", `${registry.url}/blobs/uploads/`, {});
  const location = new URL(started.headers.get("location") ?? "", registry.url);
  location.searchParams.set("digest", digest);
  await send(registry, "PUT", location.href, {
    headers: { "content-type": "application/octet-stream" },
    body: content,
  });
}

async function send(
  { host, signal }: Registry,
  method: string,
  url: string,
  { headers, body }: { headers?: Record<string, string>; body?: Buffer },
  alsoFine: readonly number[] = [],
): Promise<Response> {
  const response = await fetch(url, {
    method,
    headers: { ...headers, "x-forwarded-host": host },
    body: body && new Uint8Array(body),
    signal,
  });
  const text = await response.text();
  if (!response.ok && !alsoFine.includes(response.status))
    throw new LockstepError(
      "IMAGE_FAILED",
      `${method} ${url} answered ${response.status}: ${text.slice(0, 300)}`,
    );
  return response;
}
