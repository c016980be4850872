/** The module that the cloudfront-js-2.0 runtime brings, as far as it is used here. */
declare module "cloudfront" {
  const cf: {
    /** The store associated with the function; throws when there is none. */
    kvs(): {
      /** Throws (rejects) on a missing key. */
      get(key: string): Promise<string>;
    };
  };
  export default cf;
}
