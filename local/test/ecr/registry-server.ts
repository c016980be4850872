import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cloud } from "../../src/cloud.ts";
import { FILE_LAYER, FILE_TITLE } from "../../src/images/file-layer.ts";
import { createEcr } from "../../src/services/ecr/ecr.ts";

/** Starts a cloud with ECR, its registry, and a minimal client that pushes an image of plain files. */
export async function startRegistry() {
  const stateDir = await mkdtemp(join(tmpdir(), "local-aws-ecr-"));
  const cloud = new Cloud({ stateDir });
  const ecr = createEcr(cloud);
  cloud.register("ecr", ecr);
  const server = createServer((request, response) => void ecr.handleRegistry(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  return {
    cloud,
    url,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await cloud.close();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

export interface ImageFiles {
  command?: string[];
  env?: string[];
  files: Record<string, string>;
  layerType?: string;
}

/** Pushes an image of plain files and returns its digest. */
export async function pushImage(
  url: string,
  repository: string,
  tag: string,
  image: ImageFiles,
): Promise<string> {
  const layers = [];
  for (const [path, text] of Object.entries(image.files)) {
    layers.push({
      mediaType: image.layerType ?? FILE_LAYER,
      ...(await pushBlob(url, repository, text)),
      annotations: { [FILE_TITLE]: path },
    });
  }
  const config = { config: { Cmd: image.command ?? ["node", "index.mjs"], Env: image.env ?? [] } };
  const manifest = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: {
      mediaType: "application/vnd.oci.image.config.v1+json",
      ...(await pushBlob(url, repository, JSON.stringify(config))),
    },
    layers,
  };
  const answer = await fetch(`${url}/v2/${repository}/manifests/${tag}`, {
    method: "PUT",
    headers: { "content-type": manifest.mediaType },
    body: JSON.stringify(manifest),
  });
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.headers.get("docker-content-digest")!;
}

export async function pushBlob(url: string, repository: string, text: string) {
  const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  const begun = await fetch(`${url}/v2/${repository}/blobs/uploads/`, { method: "POST" });
  const place = new URL(begun.headers.get("location") ?? "", url);
  place.searchParams.set("digest", digest);
  const stored = await fetch(place, { method: "PUT", body: text });
  if (stored.status !== 201) throw new Error(`${stored.status} ${await stored.text()}`);
  return { digest, size: Buffer.byteLength(text) };
}
