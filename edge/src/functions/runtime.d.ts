/** The modules that cloudfront-js-2.0 has beside `cloudfront`, as far as they are used here. The bundler writes `require` for the name. */
declare const runtimeRequire: (module: "crypto") => {
  createHash(algorithm: "md5"): {
    update(text: string): { digest(encoding: "base64url"): string };
  };
};
