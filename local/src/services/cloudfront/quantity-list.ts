import { AwsError } from "../../aws-error.ts";

/** CloudFront's lists: `{Quantity, Items}`, where an empty one has no `Items`. */
export interface QuantityList<Item> {
  Quantity?: number | undefined;
  Items?: Item[] | undefined;
}

/** The items of a list; `InconsistentQuantities` when `Quantity` says another number. */
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

/** A list in CloudFront's form. */
function quantityList<Item>(items: Item[]): { Quantity: number; Items?: Item[] } {
  return items.length === 0 ? { Quantity: 0 } : { Quantity: items.length, Items: items };
}

/** The page of a listing that has no further pages: everything is small here. */
export function wholePage<Item>(items: Item[]) {
  return { Marker: "", MaxItems: 100, IsTruncated: false, ...quantityList(items) };
}
