import { AwsError } from "../../../aws-error.ts";

/** Returns one page of a listing; `next` is the token of the following page. */
export function page<Item>(
  all: Item[],
  token: string | undefined,
  size: number,
): { items: Item[]; next: string | undefined } {
  const start = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(start) || start < 0)
    throw new AwsError("ValidationError", `NextToken ${JSON.stringify(token)} is not valid.`);
  const end = start + size;
  return { items: all.slice(start, end), next: end < all.length ? String(end) : undefined };
}
