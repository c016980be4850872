import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { AwsError } from "../../aws-error.ts";
import type { BlobStore } from "./blob-store.ts";
import type { Repository } from "./repository.ts";

/** A parsed registry request: `/v2/<repository>/…/<reference>?<query>`. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  repository: Repository;
  /** Tag, digest or upload id: the last segment of the path. */
  reference: string;
  query: URLSearchParams;
}

/**
 * Accepts uploads of blobs: in the POST, in one PUT, or in parts with PATCH. A blob can also be mounted from another
 * repository.
 */
export function createUploads(blobs: BlobStore): (exchange: Exchange) => Promise<void> {
  const uploads = new Map<string, Buffer[]>();
  return async (exchange) => {
    const { request, repository, reference, query } = exchange;
    if (request.method === "POST") {
      const mounted = query.get("mount");
      if (mounted !== null && (await blobs.find(mounted)) !== undefined) return created(exchange, mounted);
    }
    const id = request.method === "POST" ? randomUUID() : reference;
    if (request.method === "POST") uploads.set(id, []);
    const parts = uploads.get(id);
    if (parts === undefined) throw new AwsError("BLOB_UPLOAD_UNKNOWN", `Upload ${id} does not exist.`, 404);
    if (request.method === "PATCH") parts.push(await buffer(request));
    const digest = query.get("digest");
    if (request.method === "PATCH" || (request.method === "POST" && digest === null))
      return accepted(exchange, repository, id, parts);
    if ((request.method !== "PUT" && request.method !== "POST") || digest === null)
      throw new AwsError("UNSUPPORTED", `${request.method} of an upload without a digest.`, 405);
    uploads.delete(id);
    await blobs.put(Readable.from(concat(parts, request), { objectMode: false }), digest);
    created(exchange, digest);
  };
}

function accepted(
  { request, response }: Exchange,
  repository: Repository,
  id: string,
  parts: Buffer[],
): void {
  request.resume();
  const received = parts.reduce((sum, part) => sum + part.length, 0);
  const location = `/v2/${repository.name}/blobs/uploads/${id}`;
  response
    .writeHead(202, {
      location,
      range: `0-${Math.max(0, received - 1)}`,
      "docker-upload-uuid": id,
      "content-length": 0,
    })
    .end();
}

function created({ request, response, repository }: Exchange, digest: string): void {
  request.resume();
  repository.blobs.add(digest);
  const location = `/v2/${repository.name}/blobs/${digest}`;
  response.writeHead(201, { location, "docker-content-digest": digest, "content-length": 0 }).end();
}

async function* concat(parts: Buffer[], rest: AsyncIterable<Uint8Array>) {
  yield* parts;
  yield* rest;
}
