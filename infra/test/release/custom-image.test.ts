import { expect, it } from "vitest";
import type { PushImage } from "../../src/config/config.ts";
import { pushCustomImage } from "../../src/release/image/custom-image.ts";
import { idOf, sampleOutputs } from "../lifecycle/samples.ts";

const { imageRepositoryUri: repositoryUri } = sampleOutputs;
const DIGEST = `sha256:${"a".repeat(64)}`;
const build = { folder: "/built", id: idOf(1), repositoryUri };

function run(push: PushImage, signal?: AbortSignal): Promise<string> {
  return pushCustomImage(push, { ...build, signal });
}

it("pushCustomImage() calls the function with the build, and returns its image", async () => {
  const { signal } = new AbortController();
  const calls: unknown[] = [];
  const image = await run(async (given) => {
    calls.push(given);
    return `${given.repositoryUri}@${DIGEST}`;
  }, signal);
  expect(image).toBe(`${repositoryUri}@${DIGEST}`);
  expect(calls).toEqual([{ ...build, signal }]);
});

const circular: Record<string, unknown> = { password: "secret" };
circular.self = circular;

it.each<[string, unknown, string]>([
  ["a tag", `${repositoryUri}:${idOf(1)}`, `"${repositoryUri}:${idOf(1)}"`],
  ["a digest without a repository", DIGEST, `"${DIGEST}"`],
  ["an image of another repository", `registry.example/shop@${DIGEST}`, `"registry.example/shop@${DIGEST}"`],
  ["nothing", undefined, "undefined"],
  ["an object, without its content", circular, "a value of type object"],
])("pushCustomImage() refuses an image that is %s", async (_, returned, shown) => {
  await expect(run(async () => returned as string)).rejects.toMatchObject({
    code: "IMAGE_FAILED",
    message: `api.image.push must return ${repositoryUri}@sha256:<digest>, but it returned ${shown}.`,
  });
});

it("pushCustomImage() reports a failure of the function with its cause", async () => {
  const cause = new Error("the registry is full");
  const failing = run(() => {
    throw cause;
  });
  await expect(failing).rejects.toMatchObject({
    code: "IMAGE_FAILED",
    message: "api.image.push failed: the registry is full",
    cause,
  });
});

it("pushCustomImage() ends with the release's interruption, not with IMAGE_FAILED", async () => {
  const interruption = new AbortController();
  const interrupted = run(async ({ signal }) => {
    interruption.abort(new Error("interrupted"));
    throw signal!.reason;
  }, interruption.signal);
  await expect(interrupted).rejects.toThrow(/^interrupted$/);
});
