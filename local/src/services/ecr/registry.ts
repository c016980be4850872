import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { AwsError } from "../../aws-error.ts";
import type { Cloud } from "../../cloud.ts";
import type { BlobStore } from "./blob-store.ts";
import { createUploads, type Exchange } from "./registry-upload.ts";
import { findManifest, OCI_MANIFEST, putManifest, type Repository, tagsOf } from "./repository.ts";

/**
 * The OCI distribution protocol: push and pull with any registry client.
 *
 *     POST  /v2/<repo>/blobs/uploads/[?digest=|?mount=]   PUT   /v2/<repo>/blobs/uploads/<id>?digest=
 *     PATCH /v2/<repo>/blobs/uploads/<id>                 GET   /v2/<repo>/blobs/<digest>        (HEAD)
 *     PUT   /v2/<repo>/manifests/<tag or digest>          GET   /v2/<repo>/manifests/<reference> (HEAD)
 *     GET   /v2/<repo>/tags/list                          GET   /v2/
 */
export function createRegistry(
  cloud: Cloud,
  blobs: BlobStore,
  regions: Map<string, Map<string, Repository>>,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const upload = createUploads(blobs);

  return async (request, response) => {
    try {
      await answer(request, response);
    } catch (error) {
      if (request.socket.destroyed) return; // the client has disconnected
      if (!(error instanceof AwsError)) throw error;
      request.resume();
      json(response, error.statusCode, {
        errors: [{ code: error.code, message: error.message, detail: {} }],
      });
    }
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://registry");
    if (url.pathname === "/v2/" || url.pathname === "/v2") return json(response, 200, {});
    const [, name, kind, reference] =
      /^\/v2\/(.+?)\/(blobs\/uploads|blobs|manifests|tags)\/([^/]*)$/.exec(decodeURI(url.pathname)) ?? [];
    if (name === undefined) throw new AwsError("UNSUPPORTED", `Not a registry path: ${url.pathname}`, 404);
    const repository = findRepository(regions, name, request);
    const exchange = { request, response, repository, reference: reference!, query: url.searchParams };
    if (kind === "blobs/uploads") return upload(exchange);
    if (kind === "blobs") return sendBlob(exchange, blobs);
    if (kind === "manifests") return manifest(exchange, new Date(cloud.now()));
    return json(response, 200, { name, tags: [...repository.digestByTag.keys()] });
  }
}

async function sendBlob(
  { request, response, repository, reference }: Exchange,
  blobs: BlobStore,
): Promise<void> {
  const file = repository.blobs.has(reference) ? await blobs.find(reference) : undefined;
  if (file === undefined)
    throw new AwsError("BLOB_UNKNOWN", `Blob ${reference} is not in ${repository.name}.`, 404);
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": file.sizeBytes,
    "docker-content-digest": reference,
  });
  if (request.method === "HEAD") response.end();
  else await pipeline(createReadStream(file.path), response);
}

async function manifest({ request, response, repository, reference }: Exchange, now: Date): Promise<void> {
  if (request.method === "PUT") {
    const mediaType = request.headers["content-type"] ?? OCI_MANIFEST;
    const bytes = await buffer(request);
    const stored = putManifest(repository, reference, mediaType, bytes, now);
    const location = `/v2/${repository.name}/manifests/${stored.digest}`;
    response.writeHead(201, { location, "docker-content-digest": stored.digest, "content-length": 0 }).end();
    return;
  }
  const stored = findManifest(repository, reference);
  if (stored === undefined)
    throw new AwsError("MANIFEST_UNKNOWN", `No image ${reference} in ${repository.name}.`, 404);
  if (request.method === "DELETE") {
    for (const tag of tagsOf(repository, stored.digest)) repository.digestByTag.delete(tag);
    repository.manifests.delete(stored.digest);
    response.writeHead(202, { "content-length": 0 }).end();
    return;
  }
  response.writeHead(200, {
    "content-type": stored.mediaType,
    "content-length": stored.bytes.length,
    "docker-content-digest": stored.digest,
  });
  response.end(request.method === "HEAD" ? undefined : stored.bytes);
}

/**
 * Finds a repository. The registry's host name selects the region, otherwise the token does. Without either, the region
 * that has the repository is used.
 */
function findRepository(
  regions: Map<string, Map<string, Repository>>,
  name: string,
  { headers }: IncomingMessage,
): Repository {
  const host = `${headers["x-forwarded-host"] ?? headers.host ?? ""}`;
  const password = /^Basic (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
  const region =
    /\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/.exec(host)?.[1] ??
    /^AWS:local-(.+)$/.exec(Buffer.from(password, "base64").toString("utf8"))?.[1];
  const places = region === undefined ? [...regions.values()] : [regions.get(region)];
  const owners = places.map((place) => place?.get(name)).filter((one) => one !== undefined);
  if (owners.length > 1)
    throw new AwsError(
      "DENIED",
      `Several regions have a repository "${name}". Use the registry's host name or the token of GetAuthorizationToken to select one.`,
      403,
    );
  if (owners[0] === undefined)
    throw new AwsError(
      "NAME_UNKNOWN",
      `The repository with name '${name}' does not exist in the registry.`,
      404,
    );
  return owners[0];
}

function json(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
      "docker-distribution-api-version": "registry/2.0",
    })
    .end(text);
}
