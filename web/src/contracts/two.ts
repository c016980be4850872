import type { Contract } from "./contract.ts";

interface Purchases {
  purchases: { id: number; product: string; count: number; currency: string }[];
}

/** Contract 2, as in api/src/contracts/two.ts. */
export const contractTwo: Contract = {
  name: "Purchases",
  path: "/api/purchases",
  read: (body) =>
    (body as Purchases).purchases.map(({ id, product, count, currency }) => ({
      id,
      text: `${count} × ${product}, paid in ${currency}`,
    })),
  write: (product, count) => ({ product, count, currency: "EUR" }),
};
