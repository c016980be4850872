import type Router from "@koa/router";
import { readJson } from "../read-json.ts";
import { refuse } from "../refuse.ts";

interface Order {
  id: number;
  item: string;
  quantity: number;
}

/** Contract 1: `/api/orders`, fields `item` and `quantity`. */
export function mount(router: Router): void {
  const orders: Order[] = [{ id: 1, item: "Lantern", quantity: 2 }];

  router.get("/orders", (ctx) => {
    ctx.body = { orders };
  });
  router.post("/orders", async (ctx) => {
    const { item, quantity } = await readJson(ctx);
    if (typeof item !== "string" || item.trim() === "")
      refuse(422, "item is required: the name of the ordered item.");
    if (!Number.isInteger(quantity) || (quantity as number) < 1)
      refuse(422, "quantity is required: a whole number of at least 1.");
    const order: Order = { id: orders.length + 1, item: item.trim(), quantity: quantity as number };
    orders.push(order);
    ctx.status = 201;
    ctx.body = order;
  });
}
