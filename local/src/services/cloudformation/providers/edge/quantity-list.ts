/** Converts a list to the form of CloudFront's API. */
export function quantityList<Item>(
  items: Item[] | undefined,
): { Quantity: number; Items: Item[] } | undefined {
  return items && { Quantity: items.length, Items: items };
}

/** Adds `Quantity` to every `{Items: […]}` inside a value. */
export function withQuantities(value: unknown): any {
  if (Array.isArray(value)) return value.map(withQuantities);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, withQuantities(each)] as const);
  const result = Object.fromEntries(entries);
  return Array.isArray(result.Items) ? { Quantity: result.Items.length, ...result } : result;
}
