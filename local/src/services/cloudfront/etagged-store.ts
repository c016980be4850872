import { AwsError } from "../../aws-error.ts";
import { newId } from "../cloudfront-id.ts";

/** A stored resource and its ETag, which the next change must send. */
export interface Entry<Item> {
  id: string;
  etag: string;
  item: Item;
}

/**
 * CloudFront resources of one kind. Every change requires `IfMatch` with the ETag of the last read: without it the
 * error is `InvalidIfMatchVersion` (400), with an old one `PreconditionFailed` (412), as in the API reference.
 */
export class EtaggedStore<Item> {
  readonly #entries = new Map<string, Entry<Item>>();
  readonly #missingCode: string;
  readonly #what: string;

  /**
   * @param missingCode error code of an unknown id, always with status 404
   * @param what name of the resource in messages
   */
  constructor(missingCode: string, what: string) {
    this.#missingCode = missingCode;
    this.#what = what;
  }

  all(): Entry<Item>[] {
    return [...this.#entries.values()];
  }

  get(id: string | undefined): Entry<Item> {
    const entry = this.#entries.get(id ?? "");
    if (entry === undefined)
      throw new AwsError(this.#missingCode, `The specified ${this.#what} does not exist: ${id}.`, 404);
    return entry;
  }

  find(id: string): Entry<Item> | undefined {
    return this.#entries.get(id);
  }

  add(id: string, item: Item): Entry<Item> {
    const entry = { id, etag: newEtag(), item };
    this.#entries.set(id, entry);
    return entry;
  }

  replace(id: string | undefined, ifMatch: string | undefined, item: Item): Entry<Item> {
    return this.add(this.match(id, ifMatch).id, item);
  }

  remove(id: string | undefined, ifMatch: string | undefined): void {
    this.#entries.delete(this.match(id, ifMatch).id);
  }

  /** Returns the entry if `ifMatch` is its present ETag. */
  match(id: string | undefined, ifMatch: string | undefined): Entry<Item> {
    const entry = this.get(id);
    if (ifMatch === undefined || ifMatch === "") {
      throw new AwsError(
        "InvalidIfMatchVersion",
        `The If-Match version is missing or not valid for the ${this.#what} ${id}. Send the ETag of the last read.`,
      );
    }
    if (ifMatch !== entry.etag) {
      throw new AwsError(
        "PreconditionFailed",
        `The ${this.#what} ${id} has changed since ETag ${ifMatch}. Read it again and repeat the change.`,
        412,
      );
    }
    return entry;
  }
}

/** Generates an ETag as CloudFront does. */
export function newEtag(): string {
  return newId("ETV");
}
