/** Where a request names its version. The header wins over the query, the query over the cookie. */
export type Carrier = "header" | "query" | "cookie";

/** The version that a request names, and where it names it. */
export interface Pin {
  id: string;
  carrier: Carrier;
}
