import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { allOrAbort } from "../../src/base/all-or-abort.ts";
import { runCommand } from "../../src/base/run-command.ts";

describe("runCommand()", () => {
  it("returns the output, and passes on environment variables", async () => {
    const options = { cwd: tmpdir(), env: { WORD: "hello" }, code: "BUILD_FAILED", shell: true } as const;
    expect(await runCommand("echo $WORD", [], options)).toBe("hello\n");
  });

  it("throws with the last lines and the exit code", async () => {
    const failing = runCommand("echo no such file >&2; exit 3", [], {
      cwd: tmpdir(),
      code: "BUILD_FAILED",
      shell: true,
    });
    await expect(failing).rejects.toMatchObject({
      code: "BUILD_FAILED",
      message: expect.stringMatching(/exited with 3\.\nno such file$/),
    });
  });

  it("throws if the program does not exist", async () => {
    const failing = runCommand("lockstep-no-such-program", [], { cwd: tmpdir(), code: "IMAGE_FAILED" });
    await expect(failing).rejects.toMatchObject({ code: "IMAGE_FAILED" });
  });

  it("ends the command if the other half of the build failed", async () => {
    const failing = allOrAbort<[string, never]>([
      (signal) => runCommand("sleep 60", [], { cwd: tmpdir(), signal, code: "BUILD_FAILED", shell: true }),
      () => Promise.reject(new Error("web failed")),
    ]);
    await expect(failing).rejects.toThrow("web failed");
  });
});
