import { AwsError } from "../aws-error.ts";

export interface Page<Item> {
  items: Item[];
  /** `undefined` on the last page. */
  nextToken: string | undefined;
}

export interface PageRequest {
  maxResults?: number;
  nextToken?: string;
}

/** Returns one page of a list with a fixed order. The token is the index of the next page. */
export function pageOf<Item>(
  all: Item[],
  request: PageRequest,
  defaultSize: number,
  limit = 100,
): Page<Item> {
  const size = request.maxResults ?? defaultSize;
  if (!(size >= 1 && size <= limit))
    throw new AwsError("InvalidParameterException", `maxResults ${size} must be between 1 and ${limit}.`);
  const start = request.nextToken === undefined ? 0 : Number(request.nextToken);
  if (!Number.isInteger(start) || start < 0)
    throw new AwsError("InvalidParameterException", `Invalid token ${request.nextToken}.`);
  const end = start + size;
  return { items: all.slice(start, end), nextToken: end < all.length ? String(end) : undefined };
}
