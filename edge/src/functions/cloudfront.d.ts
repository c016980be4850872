/** Declares the module `cloudfront` of the cloudfront-js-2.0 runtime, as far as it is used here. */
declare module "cloudfront" {
  const cf: {
    /** Returns the store that is associated with the function; throws when there is none. */
    kvs(): {
      /** Rejects for a missing key. */
      get(key: string): Promise<string>;
    };
  };
  export default cf;
}
