import tls from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createParameterReader } from "../src/route/read-parameter.ts";
import { certificate } from "./support/certificate.ts";
import { credentials, SsmStub } from "./support/ssm-stub.ts";

let ssm: SsmStub;
let endpoint: string;
let clock: number;

beforeEach(async () => {
  ssm = new SsmStub();
  endpoint = await ssm.start();
  clock = 1_000_000;
});
afterEach(() => ssm.close());

function reader(environment: Record<string, string> = {}, timeoutMs = 5000) {
  return createParameterReader({
    name: "/lockstep/shop/version-map",
    region: "eu-west-1",
    timeoutMs,
    environment: { ...credentials, AWS_ENDPOINT_URL: endpoint, ...environment },
    now: () => clock,
  });
}

describe("createParameterReader()", () => {
  it.each([
    ["does not name the endpoint", "[::ffff:127.0.0.1]", true, "does not match certificate's altnames"],
    ["is not trusted", "localhost", false, "self-signed certificate"],
    ["names the endpoint and is trusted", "localhost", true, undefined],
  ])("over TLS, with a certificate that %s", async (_what, host, isTrusted, refusal) => {
    const server = new SsmStub(certificate);
    server.answer = "text";
    const url = (await server.start()).replace("localhost", host);
    const before = tls.getCACertificates();
    if (isTrusted) tls.setDefaultCACertificates([...before, certificate.cert]);
    try {
      const reading = reader({ AWS_ENDPOINT_URL: url })();
      if (refusal === undefined) expect(await reading).toBe("text");
      else await expect(reading).rejects.toThrow(refusal);
      expect(server.asked).toHaveLength(refusal === undefined ? 1 : 0);
    } finally {
      tls.setDefaultCACertificates(before);
      await server.close();
    }
  });

  it("reads the parameter with a valid signature", async () => {
    ssm.answer = "text";
    expect(await reader()()).toBe("text");
    expect(ssm.asked).toEqual(["/lockstep/shop/version-map"]);
  });

  it("is refused when the signature is wrong", async () => {
    await expect(reader({ AWS_SECRET_ACCESS_KEY: "another" })()).rejects.toThrow(
      "SSM answered 403: SignatureDoesNotMatch",
    );
  });

  it("prefers the endpoint of the service to the general one", async () => {
    ssm.answer = "text";
    const read = reader({ AWS_ENDPOINT_URL: "http://127.0.0.1:1", AWS_ENDPOINT_URL_SSM: endpoint });
    expect(await read()).toBe("text");
  });

  it("reuses its connection", async () => {
    ssm.answer = "text";
    const read = reader();
    for (let times = 0; times < 3; times++) await read();
    expect(ssm.connections).toBe(1);
  });

  it("uses two connections for two reads at once, and keeps one", async () => {
    ssm.answer = "text";
    const read = reader();
    expect(await Promise.all([read(), read()])).toEqual(["text", "text"]);
    await read();
    expect(ssm.connections).toBe(2);
  });

  it("opens another connection when the kept one was closed", async () => {
    ssm.answer = "text";
    const read = reader();
    await read();
    await ssm.dropConnections();
    expect(await read()).toBe("text");
    expect(ssm.connections).toBe(2);
  });

  it("opens another connection after a long pause", async () => {
    ssm.answer = "text";
    const read = reader();
    await read();
    clock += 60_000;
    await read();
    expect(ssm.connections).toBe(2);
  });

  it("gives up when SSM does not answer in time", async () => {
    ssm.answer = "hang";
    await expect(reader({}, 50)()).rejects.toThrow("SSM did not answer within 50 ms");
    await expect.poll(() => ssm.open).toBe(0);
  });

  it.each([
    [
      "an error of SSM",
      { status: 400, body: '{"__type":"ParameterNotFound"}' },
      'SSM answered 400: {"__type":"ParameterNotFound"}',
    ],
    ["throttling", { status: 400, body: '{"__type":"ThrottlingException"}' }, "ThrottlingException"],
    ["an answer without a value", { status: 200, body: "{}" }, "SSM answered 200: {}"],
    ["an answer that is not JSON", { status: 200, body: "<html>" }, "SSM answered 200: <html>"],
    ["an endless answer", "flood", "too large"],
  ] as const)("rejects on %s, quoting the answer", async (_what, answer, message) => {
    ssm.answer = answer;
    await expect(reader()()).rejects.toThrow(message);
  });

  it("rejects when a new connection is reset, and when there are no credentials", async () => {
    ssm.answer = "reset";
    await expect(reader()()).rejects.toThrow();
    await expect(reader({ AWS_SECRET_ACCESS_KEY: "" })()).rejects.toThrow("no credentials");
  });
});
