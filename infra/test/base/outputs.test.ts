import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { afterEach, describe, expect, it } from "vitest";
import { PLATFORM_OUTPUT_IDS, readPlatformOutputs } from "../../src/base/outputs.ts";

let server: Server | undefined;
let client: CloudFormationClient | undefined;
afterEach(async () => {
  client?.destroy();
  server?.closeAllConnections();
  await new Promise((done) => (server ? server.close(done) : done(undefined)));
});

/** An official client whose CloudFormation gives one answer. */
async function answering(status: number, xml: string): Promise<CloudFormationClient> {
  server = createServer((_request, response) =>
    response.writeHead(status, { "content-type": "text/xml" }).end(xml),
  );
  await new Promise<void>((listening) => server!.listen(0, "127.0.0.1", listening));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  client = new CloudFormationClient({ region: "eu-west-1", endpoint, credentials, maxAttempts: 1 });
  return client;
}

function stackWith(ids: string[]): string {
  const outputs = ids.map(
    (id) => `<member><OutputKey>${id}</OutputKey><OutputValue>value of ${id}</OutputValue></member>`,
  );
  return `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>
    <StackName>shop-platform</StackName><StackStatus>UPDATE_COMPLETE</StackStatus><CreationTime>2026-11-22T10:15:00Z</CreationTime>
    <Outputs>${outputs.join("")}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}

function failure(code: string, message: string): string {
  return `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
}

describe("readPlatformOutputs()", () => {
  it("reads every output", async () => {
    const outputs = await readPlatformOutputs(
      await answering(200, stackWith(Object.values(PLATFORM_OUTPUT_IDS))),
      "shop",
    );
    expect(Object.keys(outputs)).toEqual(Object.keys(PLATFORM_OUTPUT_IDS));
    expect(outputs.webBucket).toBe("value of WebBucket");
  });

  it("says how to create a platform that does not exist", async () => {
    const missing = failure("ValidationError", "Stack with id shop-platform does not exist");
    const read = readPlatformOutputs(await answering(400, missing), "shop");
    await expect(read).rejects.toMatchObject({ code: "PLATFORM_NOT_READY" });
    await expect(read).rejects.toThrow(/shop-platform does not exist .* npm run infra:deploy/);
  });

  it("names the outputs that an older platform lacks", async () => {
    const ids = Object.values(PLATFORM_OUTPUT_IDS).filter((id) => id !== "VersionStackRoleArn");
    const read = readPlatformOutputs(await answering(200, stackWith(ids)), "shop");
    await expect(read).rejects.toThrow(/UPDATE_COMPLETE\) lacks the outputs VersionStackRoleArn\./);
  });

  it("passes errors of AWS on", async () => {
    const denied = failure("AccessDenied", "not authorized to perform cloudformation:DescribeStacks");
    const read = readPlatformOutputs(await answering(403, denied), "shop");
    await expect(read).rejects.toMatchObject({ name: "AccessDenied" });
  });
});
