import type { Context } from "koa";
import { refuse } from "./refuse.ts";

const MAX_BODY_BYTES = 64 * 1024;

/** Reads the JSON object in a request's body. Throws 413 above 64 KB, and 400 if the body is not a JSON object. */
export async function readJson(ctx: Context): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of ctx.req) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) refuse(413, `The body is larger than ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    refuse(400, "The body is not JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    refuse(400, "The body is not a JSON object.");
  return value as Record<string, unknown>;
}
