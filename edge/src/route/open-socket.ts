import { X509Certificate } from "node:crypto";
import dns from "node:dns";
import net, { type Socket } from "node:net";
import tls from "node:tls";

/**
 * Opens a socket to an endpoint: TLS with a certificate that is checked for its name, or plain TCP for an `http:` URL.
 * Data may be written at once: Node sends it when it has found the certificate good.
 *
 * Node asks of every name that it is given whether it is an IPv6 address, and compiling the regular expression for that takes
 * a cold start 9 ms and 1.4 MB. So Node is given the address, and the name goes where it is needed: into the handshake (SNI)
 * and into the check of the certificate (docs/decisions/022).
 */
export async function openSocket(endpoint: URL): Promise<Socket> {
  const name = endpoint.hostname.replace(/^\[|\]$/g, "");
  const secure = endpoint.protocol !== "http:";
  const port = Number(endpoint.port) || (secure ? 443 : 80);
  const host = await addressOf(name);
  if (!secure) return net.connect({ host, port });
  const socket = tls.connect({
    host,
    port,
    checkServerIdentity: (_address, { raw }) => nameFault(raw, name),
  });
  // What `servername` does, behind the same question. No SNI for an address (RFC 6066).
  if (!isAddress(name)) (socket as NamedSocket).setServername(name);
  return socket;
}

type NamedSocket = tls.TLSSocket & { setServername(name: string): void };

/** An IPv4 address of a name. What DNS does not know (a name in /etc/hosts) stays for Node to look up. */
function addressOf(name: string): Promise<string> {
  if (isAddress(name)) return Promise.resolve(name);
  return new Promise((resolve) => {
    dns.resolve4(name, (error, addresses) => resolve(error === null ? (addresses[0] ?? name) : name));
  });
}

function nameFault(certificate: Buffer, name: string): Error | undefined {
  const x509 = new X509Certificate(certificate);
  const fits = isAddress(name) ? x509.checkIP(name) : x509.checkHost(name, NAME_CHECK);
  return fits === undefined
    ? new Error(`the certificate of ${name} is for ${x509.subjectAltName}`)
    : undefined;
}

/** As browsers and Node do: the alternative names only, and a wildcard stands for one whole label. */
const NAME_CHECK = { subject: "never", partialWildcards: false } as const;

/** Of what stands in a URL as its host, which has written an IPv4 address with dots already. */
function isAddress(host: string): boolean {
  return /^[\d.]+$|:/.test(host);
}
