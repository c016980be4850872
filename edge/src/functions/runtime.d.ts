/**
 * The `require` function of the cloudfront-js-2.0 runtime, as far as it is used here. The sources use this name, and
 * the bundler (build/bundle.ts) replaces it with `require`.
 */
declare const runtimeRequire: (module: "crypto") => {
  createHash(algorithm: "md5"): {
    update(text: string): { digest(encoding: "base64url"): string };
  };
};
