/** `require` of the cloudfront-js-2.0 runtime, as far as it is used here. The bundler renames it to `require`. */
declare const runtimeRequire: (module: "crypto") => {
  createHash(algorithm: "md5"): {
    update(text: string): { digest(encoding: "base64url"): string };
  };
};
