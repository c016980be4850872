import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

it.each([
  ["process.exit(3)", 3],
  ['process.kill(process.pid, "SIGINT")', 130],
  ['process.kill(process.pid, "SIGTERM")', 143],
  ['process.kill(process.pid, "SIGKILL")', 137],
])("run.mjs reports the end of its command, %s, as exit code %i", (body, code) => {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-run-"));
  try {
    const file = join(folder, "command.ts");
    writeFileSync(file, `${body};\nsetTimeout(() => {}, 10_000);\n`);
    const run = spawnSync(process.execPath, [join(ROOT, "run.mjs"), relative(ROOT, file)], {
      encoding: "utf8",
    });
    expect(run).toMatchObject({ status: code, stderr: "" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
