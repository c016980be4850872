import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterEach, expect, it, vi } from "vitest";
import { pushBundleImage } from "../../src/release/image/bundle-image.ts";
import { idOf, sampleConfig, sampleOutputs } from "../lifecycle/samples.ts";

const undo: (() => unknown)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const step of undo.splice(0)) await step();
});

/** The part of the OCI distribution protocol that a push needs. */
async function startRegistry() {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, Buffer>();
  const hosts = new Set<unknown>();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, "http://registry");
    const body = await buffer(request);
    hosts.add(request.headers["x-forwarded-host"]);
    const last = url.pathname.split("/").at(-1)!;
    if (request.method === "HEAD") response.writeHead(blobs.has(last) ? 200 : 404).end();
    else if (request.method === "POST")
      response.writeHead(202, { location: "/v2/shop/blobs/uploads/1" }).end();
    else if (url.pathname.includes("/manifests/")) {
      manifests.set(last, body);
      response.writeHead(201).end();
    } else {
      blobs.set(url.searchParams.get("digest")!, body);
      response.writeHead(201).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  undo.push(() => new Promise((resolve) => server.closeAllConnections() ?? server.close(resolve)));
  vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return { blobs, manifests, hosts };
}

async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lockstep-api-"));
  undo.push(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "lib"));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

const id = idOf(1);
const base = { id, config: sampleConfig(), repositoryUri: sampleOutputs.imageRepositoryUri };
const sha = (bytes: Buffer | string) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

it("pushBundleImage() pushes each file as a layer named by its path, and names the image by digest", async () => {
  const { blobs, manifests, hosts } = await startRegistry();
  const folder = await folderWith({ "index.mjs": "run()", "lib/a.mjs": "a" });
  const image = await pushBundleImage(["node", "index.mjs"], { ...base, folder });
  const stored = manifests.get(id)!;
  expect(image).toBe(`${sampleOutputs.imageRepositoryUri}@${sha(stored)}`);
  const manifest = JSON.parse(stored.toString());
  expect(manifest.layers).toEqual([layer("index.mjs", "run()"), layer("lib/a.mjs", "a")]);
  expect(blobs.get(sha("a"))?.toString()).toBe("a");
  expect(JSON.parse(blobs.get(manifest.config.digest)!.toString()).config).toEqual({
    Cmd: ["node", "index.mjs"],
    WorkingDir: "/app",
    Env: [],
  });
  expect([...hosts]).toEqual(["123456789012.dkr.ecr.eu-west-1.amazonaws.com"]);
});

it("pushBundleImage() sends nothing again that the registry has", async () => {
  const { blobs } = await startRegistry();
  const folder = await folderWith({ "index.mjs": "run()" });
  blobs.set(sha("run()"), Buffer.from("there"));
  await pushBundleImage(["node"], { ...base, folder });
  expect(blobs.get(sha("run()"))?.toString()).toBe("there");
});

it("pushBundleImage() refuses AWS itself: there it takes docker", async () => {
  vi.stubEnv("AWS_ENDPOINT_URL", "");
  const pushing = pushBundleImage(["node"], { ...base, folder: await folderWith({}) });
  await expect(pushing).rejects.toMatchObject({
    code: "IMAGE_FAILED",
    message: expect.stringContaining("docker"),
  });
});

function layer(title: string, content: string) {
  return {
    mediaType: "application/vnd.local-aws.file.v1",
    digest: sha(content),
    size: content.length,
    annotations: { "org.opencontainers.image.title": title },
  };
}
