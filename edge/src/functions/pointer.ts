import cf from "cloudfront";

/**
 * The KeyValueStore of the pointer, opened once per instance as AWS's examples do. `undefined` when no store is
 * associated with the function: an exception outside the handler would be a 503 for every viewer, and no handler could
 * catch it.
 */
export const pointer = openPointer();

function openPointer(): ReturnType<typeof cf.kvs> | undefined {
  try {
    return cf.kvs();
  } catch (_noStoreIsAssociated) {
    return undefined;
  }
}
