import { randomBytes } from "node:crypto";

/** Generates an id as CloudFront does: `E` and 13 upper-case letters or digits. */
export function newId(prefix = "E"): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  let id = prefix;
  for (const byte of randomBytes(13)) id += letters[byte % letters.length];
  return id;
}
