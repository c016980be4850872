import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProcesses } from "../../src/processes/processes.ts";

const PRELOAD = new URL("../../src/aws-names.ts", import.meta.url).href;
const processes = createProcesses();
let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { host, "x-forwarded-host": forwarded } = request.headers;
    response.end(
      [request.method, forwarded ?? host, request.url, Buffer.concat(chunks)]
        .join(" ")
        .replace(`:${port}`, ""),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as { port: number }).port;
});
afterAll(async () => {
  await processes.close(0);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Returns the output of a plain Node process with the preload. */
async function run(code: string): Promise<string> {
  const lines: string[] = [];
  const child = processes.start({
    command: process.execPath,
    args: ["--input-type=module", "-e", code],
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, NODE_OPTIONS: `--import ${PRELOAD}` },
    onLine: (line) => lines.push(line),
  });
  await child.exited;
  return lines.join("\n");
}

const send = (request: string) => `
  import https from "node:https";
  import http from "node:http";
  import { request } from "node:https";
  const outgoing = ${request};
  outgoing.on("response", async (response) => console.log(Buffer.concat(await response.toArray()).toString()));
  outgoing.end("body");`;

describe("aws-names", () => {
  it("resolves names under localhost", async () => {
    const code = send(`http.request("http://bucket.localhost:${port}/key", { method: "PUT" })`);
    expect(await run(code)).toBe("PUT bucket.localhost /key body");
  });

  it("sends https requests for AWS's names to the endpoint, in each form of the call", async () => {
    const expected = "PUT s3.eu-west-1.amazonaws.com /a?b=1 body";
    const options = `{ hostname: "s3.eu-west-1.amazonaws.com", path: "/a?b=1", method: "PUT" }`;
    const url = `"https://s3.eu-west-1.amazonaws.com/a?b=1", { method: "PUT" }`;
    for (const call of [`https.request(${options})`, `https.request(${url})`, `request(${options})`])
      expect(await run(send(call))).toBe(expected);
    const agent = `https.request({ ...${options}, agent: new https.Agent(), port: 443 })`;
    expect(await run(send(agent))).toBe(expected);
  });

  it("does the same for fetch", async () => {
    const code = `const url = "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/";
      for (const target of [[url, { method: "POST", body: "body" }], [new Request(url, { method: "POST", body: "body" })]])
        console.log(await (await fetch(...target)).text());`;
    const line = "POST 123456789012.dkr.ecr.eu-west-1.amazonaws.com /v2/ body";
    expect(await run(code)).toBe(`${line}\n${line}`);
  });

  it("does not affect other names", async () => {
    const code = send(
      `https.request({ host: "127.0.0.1", port: ${port} }).on("error", () => console.log("TLS refused"))`,
    );
    expect(await run(code)).toBe("TLS refused");
  });
});
