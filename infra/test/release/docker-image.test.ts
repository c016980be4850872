import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { pushDockerImage } from "../../src/release/image/docker-image.ts";

// A docker engine may be missing where the tests run, so a program named docker replaces it and records its calls. ECR
// is a small HTTP server behind the real SDK client.
const REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/lockstep";
const DIGEST = `${REPOSITORY}@sha256:${"a".repeat(64)}`;
const ID = "20261122-101500-1f3a9c2";

let folder: string;
let ecr: Server;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-docker-"));
  ecr = createServer((request, response) => {
    expect(request.headers["x-amz-target"]).toMatch(/GetAuthorizationToken$/);
    const authorizationToken = Buffer.from("AWS:the-password").toString("base64");
    response.setHeader("content-type", "application/x-amz-json-1.1");
    response.end(JSON.stringify({ authorizationData: [{ authorizationToken }] }));
  });
  await new Promise<void>((resolve) => ecr.listen(0, "127.0.0.1", resolve));
  vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${(ecr.address() as AddressInfo).port}`);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  ecr.closeAllConnections();
  await new Promise((resolve) => ecr.close(resolve));
  await rm(folder, { recursive: true });
});

async function dockerThat(script: string): Promise<void> {
  const path = join(folder, "docker");
  await writeFile(path, `#!/bin/sh\necho "$@" >> ${folder}/calls\n${script}\n`);
  await chmod(path, 0o755);
}

const push = async () => {
  const config = await loadConfig("lockstep.config.ts");
  return pushDockerImage("Dockerfile", { folder: "/built", id: ID, config, repositoryUri: REPOSITORY });
};

describe("pushDockerImage()", () => {
  it("builds for Fargate, logs in with ECR's token on standard input, pushes, and returns the image by digest", async () => {
    await dockerThat(`case "$1" in login) cat > ${folder}/password ;; image) echo '["${DIGEST}"]' ;; esac`);
    expect(await push()).toBe(DIGEST);
    const calls = (await readFile(join(folder, "calls"), "utf8")).trim().split("\n");
    expect(calls.map((call) => call.split(" ")[0])).toEqual(["build", "login", "push", "image"]);
    expect(calls[0]).toContain(`--platform linux/amd64`);
    expect(calls[0]).toContain(`--tag ${REPOSITORY}:${ID} /built`);
    expect(calls.join()).not.toContain("the-password");
    expect((await readFile(join(folder, "password"), "utf8")).trim()).toBe("the-password");
  });

  it("throws with docker's output", async () => {
    await dockerThat('echo "Cannot connect to the Docker daemon" >&2; exit 1');
    await expect(push()).rejects.toMatchObject({
      code: "IMAGE_FAILED",
      message: expect.stringContaining("Cannot connect to the Docker daemon"),
    });
  });
});
