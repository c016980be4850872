import type { Contract } from "./contract.ts";

interface Orders {
  orders: { id: number; item: string; quantity: number }[];
}

/** Contract 1, as in api/src/contracts/one.ts. */
export const contractOne: Contract = {
  name: "Orders",
  path: "/api/orders",
  read: (body) =>
    (body as Orders).orders.map((order) => ({ id: order.id, text: `${order.quantity} × ${order.item}` })),
  write: (item, quantity) => ({ item, quantity }),
};
