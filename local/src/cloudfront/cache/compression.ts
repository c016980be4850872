import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Behavior } from "../configuration/distribution.ts";
import { EdgeError } from "../exchange/edge-error.ts";
import { type EdgeRequest, type EdgeResponse, newFields } from "../exchange/exchange.ts";
import { normalizedEncoding } from "./cache-key.ts";

/** CloudFront compresses only objects of these sizes (Developer Guide, "Serve compressed files"). */
const COMPRESS_MIN_BYTES = 1_000;
const COMPRESS_MAX_BYTES = 10_000_000;

/** Developer Guide, "File types that CloudFront compresses". */
const COMPRESSIBLE =
  /^(text\/(html|css|plain|javascript|xml|markdown|csv|calendar|x-component|x-java-source|x-script|cmd|vtt|js|richtext|tab-separated-values|x-asm|css|ecmascript)|application\/(javascript|x-javascript|json|xml|wasm|manifest\+json|rss\+xml|atom\+xml|xhtml\+xml|ld\+json|graphql|x-yaml|vnd\.ms-fontobject|opentype|x-font-ttf|x-font-opentype|eot|font|font-sfnt|otf|ttf|truetype)|image\/svg\+xml|font\/(eot|ttf|otf|opentype))$/;

const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);

/** Compresses a response if the behavior enables it, the viewer accepts it, and the response is compressible. */
export async function compressResponse(
  behavior: Behavior,
  request: EdgeRequest,
  response: EdgeResponse,
): Promise<EdgeResponse> {
  const encoding = encodingFor(behavior, request, response);
  if (encoding === undefined || request.method === "HEAD") return response;
  const plain = await wholeBody(response.body!);
  const body =
    encoding === "br"
      ? await brotli(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })
      : await gzipped(plain);
  const fields = newFields(response.fields);
  fields["content-encoding"] = [encoding];
  fields["content-length"] = [String(body.byteLength)];
  fields.vary = [...(fields.vary ?? []), "Accept-Encoding"];
  delete fields["accept-ranges"];
  const etag = fields.etag?.[0];
  // The bytes have changed, so CloudFront weakens a strong validator.
  if (etag !== undefined && !etag.startsWith("W/")) fields.etag = [`W/${etag}`];
  return { ...response, fields, body };
}

async function wholeBody(body: Uint8Array | Readable): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  return buffer(body).catch((cause: unknown) => {
    throw new EdgeError(502, "The origin closed the connection before its response was complete.", "Error", {
      cause,
    });
  });
}

function encodingFor(
  behavior: Behavior,
  request: EdgeRequest,
  response: EdgeResponse,
): "br" | "gzip" | undefined {
  if (!behavior.compress || response.body === undefined) return undefined;
  if (response.status !== 200 && response.status !== 403 && response.status !== 404) return undefined;
  const { fields } = response;
  const type = fields["content-type"]?.[0]?.split(";")[0]?.trim().toLowerCase() ?? "";
  const length = Number(fields["content-length"]?.[0] ?? Number.NaN);
  const fits = length >= COMPRESS_MIN_BYTES && length <= COMPRESS_MAX_BYTES;
  if (!fits || fields["content-encoding"] !== undefined || !COMPRESSIBLE.test(type)) return undefined;
  const accepted = normalizedEncoding(behavior.cache, request);
  if (accepted === undefined) return undefined;
  return accepted.startsWith("br") ? "br" : "gzip";
}
