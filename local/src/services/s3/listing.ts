import { AwsError } from "../../aws-error.ts";
import { byName } from "../sorted-pages.ts";

/** Maximum and default number of keys on a page (S3). */
const PAGE_MAX = 1000;

export interface ListingOptions {
  prefix: string;
  delimiter: string | undefined;
  /** The last entry of the previous page. */
  after: string;
  size: number;
}

export interface Listing<Item> {
  items: Item[];
  commonPrefixes: string[];
  isTruncated: boolean;
  /** The last key or common prefix of the page, after which the next page begins. */
  last: string | undefined;
}

/**
 * Groups keys below a prefix by a delimiter and returns a page. A common prefix counts as one entry.
 *
 * @param items anything with keys, in any order
 */
export function listing<Item>(
  items: Iterable<Item>,
  keyOf: (item: Item) => string,
  options: ListingOptions,
): Listing<Item> {
  const { prefix, delimiter, after, size } = options;
  const sorted = [...items]
    .filter((item) => keyOf(item).startsWith(prefix))
    .sort((a, b) => byName(keyOf(a), keyOf(b)));
  const result: Listing<Item> = { items: [], commonPrefixes: [], isTruncated: false, last: undefined };
  for (const item of sorted) {
    const key = keyOf(item);
    const common = commonPrefix(key, prefix, delimiter);
    const entry = common ?? key;
    if (entry <= after || (common !== undefined && common === result.commonPrefixes.at(-1))) continue;
    if (result.items.length + result.commonPrefixes.length === size) {
      result.isTruncated = size > 0;
      return result;
    }
    if (common === undefined) result.items.push(item);
    else result.commonPrefixes.push(common);
    result.last = entry;
  }
  return result;
}

/** Returns the number of entries on a page. Throws InvalidArgument. */
export function pageSize(wanted: number | undefined): number {
  if (wanted === undefined) return PAGE_MAX;
  if (!Number.isInteger(wanted) || wanted < 0)
    throw new AwsError(
      "InvalidArgument",
      `max-keys is ${wanted}; it must be an integer from 0 to ${PAGE_MAX}.`,
    );
  return Math.min(wanted, PAGE_MAX);
}

/** Returns the requested encoding of keys. XML cannot contain every character, so boto3 requests `url`. */
export function keyEncoder(
  encoding: string | undefined,
): <Text extends string | undefined>(text: Text) => Text {
  return (text) => {
    if (encoding !== "url" || text === undefined) return text;
    return encodeURIComponent(text).replaceAll("%2F", "/") as typeof text;
  };
}

function commonPrefix(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (!delimiter) return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}
