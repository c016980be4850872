import cf from "cloudfront";

/**
 * The KeyValueStore of the pointer, opened once per instance, as in AWS's examples. `undefined` when no store is
 * associated with the function: an exception outside the handler would cause a 503 for every viewer, and the handler
 * could not catch it.
 */
export const pointer = openPointer();

function openPointer(): ReturnType<typeof cf.kvs> | undefined {
  try {
    return cf.kvs();
  } catch (_noStoreIsAssociated) {
    return undefined;
  }
}
