import { expect, it } from "vitest";
import { defineConfig, type LockstepConfigInput, type PushImage } from "../../src/config/config.ts";
import { makeImage } from "../../src/release/image/make-image.ts";
import { idOf, sampleConfig, sampleOutputs } from "../lifecycle/samples.ts";

const { imageRepositoryUri: repositoryUri } = sampleOutputs;
const DIGEST = `sha256:${"a".repeat(64)}`;
const build = { folder: "/built", id: idOf(1), repositoryUri };

function make(push: PushImage, signal?: AbortSignal): Promise<string> {
  const { api, ...others } = sampleConfig();
  const config = defineConfig({
    ...others,
    api: { ...api, image: { kind: "custom", push } },
  } as LockstepConfigInput);
  return makeImage({ ...build, config, signal });
}

it("makeImage() calls the function of a custom image with the build, and returns its image", async () => {
  const { signal } = new AbortController();
  const calls: unknown[] = [];
  const image = await make(async (given) => {
    calls.push(given);
    return `${given.repositoryUri}@${DIGEST}`;
  }, signal);
  expect(image).toBe(`${repositoryUri}@${DIGEST}`);
  expect(calls).toEqual([{ ...build, signal }]);
});

it.each<[string, unknown]>([
  ["a tag", `${repositoryUri}:${idOf(1)}`],
  ["a digest without a repository", DIGEST],
  ["an image of another repository", `registry.example/shop@${DIGEST}`],
  ["nothing", undefined],
])("makeImage() refuses a custom image that is %s", async (_, returned) => {
  await expect(make(async () => returned as string)).rejects.toMatchObject({
    code: "IMAGE_FAILED",
    message: `api.image.push must return ${repositoryUri}@sha256:<digest>, but it returned ${JSON.stringify(returned)}.`,
  });
});

it("makeImage() reports the failure of a custom image with its cause", async () => {
  const cause = new Error("the registry is full");
  const failing = make(() => {
    throw cause;
  });
  await expect(failing).rejects.toMatchObject({
    code: "IMAGE_FAILED",
    message: "api.image.push failed: the registry is full",
    cause,
  });
});

it("makeImage() ends with the release's interruption, not with IMAGE_FAILED", async () => {
  const interruption = new AbortController();
  const interrupted = make(async ({ signal }) => {
    interruption.abort(new Error("interrupted"));
    throw signal!.reason;
  }, interruption.signal);
  await expect(interrupted).rejects.toThrow(/^interrupted$/);
});
