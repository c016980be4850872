import { AwsError } from "../aws-error.ts";

/** One page of a list and the token of the next one. */
export interface Page<Item> {
  items: Item[];
  nextToken: string | undefined;
}

/**
 * Returns a page of a list sorted by key. Items that are created or deleted between two calls do not shift the next
 * page.
 *
 * @param items sorted by `keyOf`
 * @param token the key of the last item on the previous page, as encoded in `nextToken`
 * @param errorCode the service's error code for an invalid token
 */
export function pageOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  { size, token, errorCode }: { size: number; token: string | undefined; errorCode: string },
): Page<Item> {
  const after = token === undefined ? undefined : readToken(token, errorCode);
  const rest = after === undefined ? items : items.filter((item) => keyOf(item) > after);
  const page = rest.slice(0, size);
  const nextToken =
    page.length < rest.length && page.length > 0
      ? Buffer.from(keyOf(page.at(-1)!)).toString("base64")
      : undefined;
  return { items: page, nextToken };
}

function readToken(token: string, errorCode: string): string {
  const key = Buffer.from(token, "base64");
  if (key.toString("base64") !== token)
    throw new AwsError(errorCode, `The token "${token}" is not valid. Use the token of the previous page.`);
  return key.toString("utf8");
}

/** Compares by code units, as AWS sorts names. `localeCompare` would depend on the machine. */
export function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
