/**
 * `require` of the cloudfront-js-2.0 runtime, for the one built-in module that is used here besides `cloudfront`. The
 * bundler writes it as `require`.
 */
declare const runtimeRequire: (module: "crypto") => {
  createHash(algorithm: "md5"): {
    update(text: string): { digest(encoding: "base64url"): string };
  };
};
