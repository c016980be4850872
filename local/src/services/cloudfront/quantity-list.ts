import { AwsError } from "../../aws-error.ts";

/** CloudFront's form of a list: `{Quantity, Items}`. An empty list has no `Items`. */
export interface QuantityList<Item> {
  Quantity?: number | undefined;
  Items?: Item[] | undefined;
}

/** Returns the items of a list. Throws `InconsistentQuantities` if `Quantity` differs from their number. */
export function itemsOf<Item>(list: QuantityList<Item> | undefined): Item[] {
  const items = list?.Items ?? [];
  if (list?.Quantity !== undefined && list.Quantity !== items.length) {
    throw new AwsError(
      "InconsistentQuantities",
      `The value of Quantity (${list.Quantity}) and the number of Items (${items.length}) do not match.`,
    );
  }
  return items;
}

/** Converts a list to CloudFront's form. */
function quantityList<Item>(items: Item[]): { Quantity: number; Items?: Item[] } {
  return items.length === 0 ? { Quantity: 0 } : { Quantity: items.length, Items: items };
}

/** Returns all items as a single page. */
export function wholePage<Item>(items: Item[]) {
  return { Marker: "", MaxItems: 100, IsTruncated: false, ...quantityList(items) };
}
