import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { pushFolderImage } from "../../src/images/push-folder-image.ts";
import { pullImage } from "../../src/services/ecs/containers/image.ts";
import { startRegistry } from "../ecr/registry-server.ts";

const REPOSITORY_URI = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api";
const COMMAND = ["node", "index.mjs"];
let registry: Awaited<ReturnType<typeof startRegistry>>;
let folder: string;

beforeEach(async () => {
  registry = await startRegistry();
  await registry.cloud.call(
    "ecr",
    "CreateRepository",
    { repositoryName: "shop/api" },
    { region: "eu-west-1" },
  );
  folder = await mkdtemp(join(tmpdir(), "local-aws-images-"));
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await registry.close();
  await rm(folder, { recursive: true });
});

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, "in", name)), { recursive: true });
    await writeFile(join(folder, "in", name), content);
  }
}

const push = (repositoryUri = REPOSITORY_URI) =>
  pushFolderImage(COMMAND, { folder: join(folder, "in"), id: "one", repositoryUri, endpoint: registry.url });

it("pushFolderImage() returns the name by digest of an image from which a task gets files and command", async () => {
  await write({ "index.mjs": "run()", "lib/a.mjs": "a" });
  const image = await push();
  expect(image).toMatch(/^123456789012\.dkr\.ecr\.eu-west-1\.amazonaws\.com\/shop\/api@sha256:[0-9a-f]{64}$/);
  const { command, digest } = await pullImage(registry.cloud, image, join(folder, "out"));
  expect([command, image.endsWith(digest)]).toEqual([COMMAND, true]);
  expect(await readFile(join(folder, "out", "index.mjs"), "utf8")).toBe("run()");
  expect(await readFile(join(folder, "out", "lib", "a.mjs"), "utf8")).toBe("a");
});

it("pushFolderImage() returns the same name for the same files, and uploads nothing again", async () => {
  await write({ "index.mjs": "run()" });
  const image = await push();
  const fetched = vi.spyOn(globalThis, "fetch");
  expect(await push()).toBe(image);
  expect(fetched.mock.calls.map(([, init]) => init?.method)).toEqual(["HEAD", "HEAD", "PUT"]);
});

it("pushFolderImage() uses the endpoint of AWS_ENDPOINT_URL, and refuses without one", async () => {
  await write({ "index.mjs": "run()" });
  const image = { folder: join(folder, "in"), id: "one", repositoryUri: REPOSITORY_URI };
  vi.stubEnv("AWS_ENDPOINT_URL", `${registry.url}/`);
  expect(await pushFolderImage(COMMAND, image)).toContain("@sha256:");
  vi.stubEnv("AWS_ENDPOINT_URL", "");
  await expect(pushFolderImage(COMMAND, image)).rejects.toThrow("AWS_ENDPOINT_URL is not set");
});

it("pushFolderImage() refuses a folder that is missing or empty", async () => {
  await expect(push()).rejects.toThrow("Could not read the folder");
  await mkdir(join(folder, "in"));
  await expect(push()).rejects.toThrow("is empty");
});

it("pushFolderImage() reports the registry's answer about an unknown repository", async () => {
  await write({ "index.mjs": "run()" });
  await expect(push(`${REPOSITORY_URI}-other`)).rejects.toThrow(/answered 404: .*NAME_UNKNOWN/);
});
