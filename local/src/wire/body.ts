import type { IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import { AwsError } from "../aws-error.ts";

/** Reads the whole body of a request. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/**
 * Decodes a body: removes `aws-chunked` framing, whose trailers become headers, and gzip. Updates `headers`. With
 * `keepGzip`, gzip stays, because S3 stores it.
 */
export function decodeBody(body: Buffer, headers: Record<string, string>, keepGzip: boolean): Buffer {
  const codings = (headers["content-encoding"] ?? "")
    .split(",")
    .map((coding) => coding.trim())
    .filter((coding) => coding !== "");
  let decoded = body;
  if (codings.includes("aws-chunked") || headers["x-amz-content-sha256"]?.startsWith("STREAMING-")) {
    decoded = decodeChunks(body, headers);
    codings.splice(0, codings.length, ...codings.filter((coding) => coding !== "aws-chunked"));
  }
  if (!keepGzip && codings.at(-1) === "gzip") {
    decoded = gunzipSync(decoded);
    codings.pop();
  }
  if (codings.length === 0) delete headers["content-encoding"];
  else headers["content-encoding"] = codings.join(",");
  return decoded;
}

/**
 * Parses `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n` … `0[;…]\r\n`, then trailers `name:value\r\n` and an empty
 * line.
 */
function decodeChunks(body: Buffer, headers: Record<string, string>): Buffer {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = body.indexOf("\r\n", at);
    const size = end < 0 ? Number.NaN : Number.parseInt(body.toString("latin1", at, end), 16);
    if (!Number.isSafeInteger(size) || end + 2 + size > body.length) {
      throw new AwsError("IncompleteBody", "The aws-chunked body ends before its last chunk.");
    }
    at = end + 2;
    if (size === 0) break;
    chunks.push(body.subarray(at, at + size));
    at += size + 2;
  }
  for (const line of body.toString("latin1", at).split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return Buffer.concat(chunks);
}
