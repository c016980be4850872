import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { type BuiltFiles, buildVersion, readBuild, restamp } from "./fixture-build.ts";
import { TWO } from "./stage.ts";

it("the shared build of the fixture, stamped with another id, equals the build of that version", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lockstep-fixture-"));
  try {
    await buildVersion(TWO, folder);
    const built = await readBuild(folder);
    expect(built.size).toBeGreaterThan(5);
    const stamped = restamp(await readBuild(inject("fixtureBuild")), TWO);
    expect(textOf(stamped)).toEqual(textOf(built));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

function textOf(files: BuiltFiles): Record<string, string> {
  return Object.fromEntries([...files].map(([name, content]) => [name, content.toString()]).sort());
}
