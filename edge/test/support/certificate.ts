import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * A self-signed certificate for TLS stubs, valid until 2126 for `localhost`. Clients have to be configured to trust it.
 */
export const certificateFile = fileURLToPath(new URL("certificate/certificate.pem", import.meta.url));
export const certificate = {
  key: readFileSync(new URL("certificate/key.pem", import.meta.url), "utf8"),
  cert: readFileSync(certificateFile, "utf8"),
};
