import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pushBlob, pushImage, startRegistry } from "./registry-server.ts";

const SCOPE = { region: "eu-west-1" };
const REPOSITORY = "shop/api";
let registry: Awaited<ReturnType<typeof startRegistry>>;

beforeEach(async () => {
  registry = await startRegistry();
  await call("CreateRepository", { repositoryName: REPOSITORY });
});
afterEach(() => registry.close());

const call = (action: string, input: object) => registry.cloud.call("ecr", action, input, SCOPE);
const push = (tag: string, text = "hello") =>
  pushImage(registry.url, REPOSITORY, tag, { files: { "index.mjs": text } });
const path = (rest: string) => `${registry.url}/v2/${REPOSITORY}/${rest}`;

describe("the registry", () => {
  it("returns a pushed image by tag and by digest", async () => {
    const digest = await push("one");
    for (const reference of ["one", digest]) {
      const answer = await fetch(path(`manifests/${reference}`));
      expect(answer.headers.get("docker-content-digest")).toBe(digest);
      const { layers } = (await answer.json()) as { layers: { digest: string }[] };
      const blob = await fetch(path(`blobs/${layers[0]!.digest}`));
      expect(await blob.text()).toBe("hello");
    }
  });

  it("answers HEAD with size and digest, and 404 for a missing blob", async () => {
    const digest = await push("one");
    const head = await fetch(path("manifests/one"), { method: "HEAD" });
    expect([head.status, head.headers.get("docker-content-digest")]).toEqual([200, digest]);
    const { digest: blob } = await pushBlob(registry.url, REPOSITORY, "hello");
    const size = await fetch(path(`blobs/${blob}`), { method: "HEAD" });
    expect(size.headers.get("content-length")).toBe("5");
    const missing = await fetch(path(`blobs/sha256:${"0".repeat(64)}`), { method: "HEAD" });
    expect(missing.status).toBe(404);
  });

  it("refuses a blob whose content has another digest", async () => {
    const wrong = `sha256:${"0".repeat(64)}`;
    const answer = await fetch(path(`blobs/uploads/?digest=${wrong}`), { method: "POST", body: "hello" });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ errors: [{ code: "DIGEST_INVALID" }] });
  });

  it("accepts a blob in parts", async () => {
    const begun = await fetch(path("blobs/uploads/"), { method: "POST" });
    const place = new URL(begun.headers.get("location")!, registry.url);
    await fetch(place, { method: "PATCH", body: "hel" });
    const { digest } = await pushBlob(registry.url, REPOSITORY, "hello");
    place.searchParams.set("digest", digest);
    expect((await fetch(place, { method: "PUT", body: "lo" })).status).toBe(201);
  });

  it("refuses a manifest without its blobs, and one for an unknown repository", async () => {
    const layers = [{ digest: `sha256:${"0".repeat(64)}`, size: 1 }];
    const put = { method: "PUT", body: JSON.stringify({ layers }) };
    expect(await (await fetch(path("manifests/x"), put)).json()).toMatchObject({
      errors: [{ code: "MANIFEST_BLOB_UNKNOWN" }],
    });
    const unknown = await fetch(`${registry.url}/v2/nothing/manifests/x`, put);
    expect(await unknown.json()).toMatchObject({ errors: [{ code: "NAME_UNKNOWN" }] });
  });

  it("lets a tag be moved, except in an immutable repository", async () => {
    await push("one");
    const moved = await push("one", "changed");
    expect((await fetch(path("manifests/one"))).headers.get("docker-content-digest")).toBe(moved);
    await call("PutImageTagMutability", { repositoryName: REPOSITORY, imageTagMutability: "IMMUTABLE" });
    await expect(push("one", "again")).rejects.toThrow("cannot be overwritten");
  });

  it("finds the region by the registry's host name, otherwise by the token, and refuses an ambiguous name", async () => {
    const other = { region: "us-east-1" };
    await registry.cloud.call("ecr", "CreateRepository", { repositoryName: REPOSITORY }, other);
    expect((await fetch(path("tags/list"))).status).toBe(403);
    const { authorizationData } = await registry.cloud.call("ecr", "GetAuthorizationToken", {}, other);
    const authorization = `Basic ${authorizationData[0].authorizationToken}`;
    expect((await fetch(path("tags/list"), { headers: { authorization } })).status).toBe(200);
    const host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
    expect((await fetch(path("tags/list"), { headers: { "x-forwarded-host": host } })).status).toBe(200);
  });
});

describe("ECR's actions", () => {
  it("CreateRepository returns the URI of its images, and refuses a duplicate name", async () => {
    const { repository } = await call("CreateRepository", { repositoryName: "other" });
    expect(repository.repositoryUri).toBe("123456789012.dkr.ecr.eu-west-1.amazonaws.com/other");
    await expect(call("CreateRepository", { repositoryName: "other" })).rejects.toMatchObject({
      code: "RepositoryAlreadyExistsException",
    });
  });

  it("DescribeImages returns digest, tags and size", async () => {
    const digest = await push("one");
    await push("two");
    const { imageDetails } = await call("DescribeImages", { repositoryName: REPOSITORY });
    expect(imageDetails).toMatchObject([
      { imageDigest: digest, imageTags: ["one", "two"], imageSizeInBytes: 5 },
    ]);
  });

  it("BatchDeleteImage keeps an image with another tag when deleting by tag; by digest it deletes all tags", async () => {
    const imageDigest = await push("one");
    await push("two");
    const remove = (imageId: object) =>
      call("BatchDeleteImage", { repositoryName: REPOSITORY, imageIds: [imageId] });
    await remove({ imageTag: "one" });
    const { imageIds } = await call("ListImages", { repositoryName: REPOSITORY });
    expect(imageIds).toEqual([{ imageDigest, imageTag: "two" }]);
    await remove({ imageDigest });
    expect(await call("ListImages", { repositoryName: REPOSITORY })).toMatchObject({ imageIds: [] });
    const again = await remove({ imageDigest });
    expect(again.failures).toMatchObject([{ failureCode: "ImageNotFound" }]);
  });

  it("DeleteRepository refuses one with images, unless forced", async () => {
    await push("one");
    const input = { repositoryName: REPOSITORY };
    await expect(call("DeleteRepository", input)).rejects.toMatchObject({
      code: "RepositoryNotEmptyException",
    });
    await call("DeleteRepository", { ...input, force: true });
    await expect(call("DescribeImages", input)).rejects.toMatchObject({
      code: "RepositoryNotFoundException",
    });
  });

  it("PutLifecyclePolicy records the text", async () => {
    const policy = { repositoryName: REPOSITORY, lifecyclePolicyText: '{"rules":[]}' };
    await call("PutLifecyclePolicy", policy);
    expect(await call("GetLifecyclePolicy", { repositoryName: REPOSITORY })).toMatchObject(policy);
  });
});
