/** What the page needs from its API, whatever the API calls it. */
export interface Line {
  id: number;
  text: string;
}

export interface Contract {
  /** Shown as the heading: a page of one contract can be told from the other at a glance. */
  name: string;
  path: string;
  /** Throws when the answer is not of this contract: the break that skew makes. */
  read(body: unknown): Line[];
  /** The body of a request that adds a line. */
  write(what: string, howMany: number): unknown;
}
