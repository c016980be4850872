import dns from "node:dns";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import tls from "node:tls";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSocket } from "../src/route/open-socket.ts";
import { certificate } from "./support/certificate.ts";
import { DnsStub } from "./support/dns-stub.ts";

let resolver: DnsStub;
let server: tls.Server;
let port: number;
/** The name that each client asked for in its handshake; `false` when it asked for none. */
let names: (string | false)[];
/** What clients said. */
let said: string;
let opened: Socket[];

// Other tests run in this process too.
const before = { servers: dns.getServers(), roots: tls.getCACertificates() };
afterAll(() => {
  dns.setServers(before.servers);
  tls.setDefaultCACertificates(before.roots);
});

beforeEach(async () => {
  resolver = new DnsStub();
  dns.setServers([await resolver.start()]);
  tls.setDefaultCACertificates([...tls.getCACertificates("bundled"), certificate.cert]);
  names = [];
  opened = [];
  said = "";
  server = tls.createServer(certificate, (socket) => {
    names.push((socket as unknown as { servername: string | false }).servername);
    socket.on("error", () => {});
    socket.on("data", (data) => (said += data));
    socket.write("hello");
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  for (const socket of opened) socket.destroy();
  server.close();
  await once(server, "close");
  await resolver.close();
});

/** What the server says to who connects by this name. */
async function heard(host: string): Promise<string> {
  const socket = await openSocket(new URL(`https://${host}:${port}`));
  opened.push(socket);
  socket.write("secret");
  const [data] = await once(socket, "data");
  return String(data);
}

describe("openSocket()", () => {
  it("asks DNS for the name, and the server for its certificate", async () => {
    expect(await heard("ssm.test")).toBe("hello");
    expect([resolver.asked, names]).toEqual([["ssm.test"], ["ssm.test"]]);
    await expect.poll(() => said).toBe("secret");
  });

  it("takes a certificate with a wildcard, for one label", async () => {
    expect(await heard("a.wild.test")).toBe("hello");
    await expect(heard("a.b.wild.test")).rejects.toThrow(
      "the certificate of a.b.wild.test is for DNS:localhost",
    );
    await expect(heard("wild.test")).rejects.toThrow("the certificate of wild.test");
  });

  it.each(["other.test", "not-a-name.test", "ssm.test.evil.test"])(
    "says nothing to a server that cannot show a certificate for %s",
    async (host) => {
      await expect(heard(host)).rejects.toThrow(`the certificate of ${host}`);
      await expect.poll(() => promisify(server.getConnections.bind(server))()).toBe(0);
      expect(said).toBe("");
    },
  );

  it("trusts nobody whose certificate is not signed by who is trusted", async () => {
    tls.setDefaultCACertificates(tls.getCACertificates("bundled"));
    await expect(heard("ssm.test")).rejects.toThrow("self-signed certificate");
  });

  it("leaves a name that DNS does not know to Node", async () => {
    resolver.knowsNothing = true;
    expect(await heard("localhost")).toBe("hello");
    expect([resolver.asked, names]).toEqual([["localhost"], ["localhost"]]);
  });

  it("connects to an address without asking anybody, and checks that the certificate is for it", async () => {
    expect(await heard("127.0.0.1")).toBe("hello");
    expect([resolver.asked, names]).toEqual([[], [false]]);
  });

  it("fails as Node does where nobody listens", async () => {
    server.close();
    await once(server, "close");
    await expect(heard("ssm.test")).rejects.toThrow("ECONNREFUSED");
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  });
});
