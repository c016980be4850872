import { pipeline, Transform } from "node:stream";
import type { EdgeRequest, EdgeResponse } from "../exchange/exchange.ts";
import { letFail } from "../exchange/let-fail.ts";
import { type CacheEntry, type EdgeCache, OBJECT_MAX_BYTES } from "./cache.ts";

export interface Storing {
  key: string;
  freshSeconds: number;
  nowMs: number;
  /** Called once, when the response is stored or cannot be stored. */
  done(): void;
}

/** Stores a response in the cache. Copies a stream while it passes, and stores it only if it arrives completely. */
export function storeResponse(
  cache: EdgeCache,
  request: EdgeRequest,
  response: EdgeResponse,
  storing: Storing,
): EdgeResponse {
  const keep = (body: Buffer) => cache.store(storing.key, entryOf(request, response, storing, body));
  if (storing.freshSeconds <= 0 || Number(response.fields["content-length"]?.[0] ?? 0) > OBJECT_MAX_BYTES) {
    storing.done();
    return response;
  }
  if (response.body === undefined || response.body instanceof Uint8Array) {
    keep(Buffer.from(response.body ?? []));
    storing.done();
    return response;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  const copy = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      bytes += chunk.byteLength;
      if (bytes <= OBJECT_MAX_BYTES) chunks.push(chunk);
      else chunks.length = 0;
      next(undefined, chunk);
    },
    flush(next) {
      if (bytes <= OBJECT_MAX_BYTES) keep(Buffer.concat(chunks, bytes));
      next();
    },
  });
  // A failure of the source destroys the copy, so its reader gets the error.
  letFail(copy);
  pipeline(response.body, copy, () => storing.done());
  return { ...response, body: copy };
}

function entryOf(request: EdgeRequest, response: EdgeResponse, storing: Storing, body: Buffer): CacheEntry {
  return {
    path: request.path,
    status: response.status,
    reason: response.reason,
    fields: response.fields,
    body,
    headOnly: request.method === "HEAD",
    storedAtMs: storing.nowMs,
    freshUntilMs: storing.nowMs + storing.freshSeconds * 1000,
  };
}
