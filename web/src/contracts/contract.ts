/** A line of the page's list, in the same form for all contracts. */
export interface Line {
  id: number;
  text: string;
}

/** How a build of the page talks to the API. Contracts are incompatible with each other on purpose. */
export interface Contract {
  /** Heading of the list. It shows which contract the page uses. */
  name: string;
  path: string;
  /** Reads a response. Throws if the response follows another contract: this is how deployment skew becomes visible. */
  read(body: unknown): Line[];
  /** Returns the body of a request that adds a line. */
  write(what: string, howMany: number): unknown;
}
