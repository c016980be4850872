import type Router from "@koa/router";
import { readJson } from "../read-json.ts";
import { refuse } from "../refuse.ts";

interface Purchase {
  id: number;
  product: string;
  count: number;
  currency: string;
}

/** Contract 2 breaks contract 1 on purpose: another path, other field names, and `currency` is required. */
export function mount(router: Router): void {
  const purchases: Purchase[] = [{ id: 1, product: "Lantern", count: 2, currency: "EUR" }];

  router.get("/purchases", (ctx) => {
    ctx.body = { purchases };
  });
  router.post("/purchases", async (ctx) => {
    const { product, count, currency } = await readJson(ctx);
    if (typeof product !== "string" || product.trim() === "")
      refuse(422, "product is required: the name of the product.");
    if (!Number.isInteger(count) || (count as number) < 1)
      refuse(422, "count is required: a whole number of at least 1.");
    if (typeof currency !== "string" || !/^[A-Z]{3}$/.test(currency))
      refuse(422, "currency is required: three letters, such as EUR.");
    const purchase: Purchase = {
      id: purchases.length + 1,
      product: product.trim(),
      count: count as number,
      currency,
    };
    purchases.push(purchase);
    ctx.status = 201;
    ctx.body = purchase;
  });
}
