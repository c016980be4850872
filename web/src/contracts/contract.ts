/** A line of the page's list, under any contract. */
export interface Line {
  id: number;
  text: string;
}

export interface Contract {
  /** Heading of the page, which shows the contract. */
  name: string;
  path: string;
  /** Reads a response. Throws if it follows another contract, which is the failure that deployment skew causes. */
  read(body: unknown): Line[];
  /** Returns the body of a request that adds a line. */
  write(what: string, howMany: number): unknown;
}
