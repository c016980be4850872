import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Key and certificate of stubs that speak TLS, valid until 2126 for `localhost`, `ssm.test`, `*.wild.test` and `127.0.0.1`. The
 * certificate is self-signed: a client has to be configured to trust it.
 */
export const certificateFile = fileURLToPath(new URL("certificate/certificate.pem", import.meta.url));
export const certificate = {
  key: readFileSync(new URL("certificate/key.pem", import.meta.url), "utf8"),
  cert: readFileSync(certificateFile, "utf8"),
};
