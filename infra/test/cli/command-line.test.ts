import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { runBuild } from "../../src/cli/build.ts";
import { runLockstep } from "../../src/cli/lockstep.ts";
import { runRelease } from "../../src/cli/release.ts";

afterEach(() => vi.unstubAllEnvs());

async function run(command: typeof runLockstep, ...args: string[]) {
  let out = "";
  let error = "";
  const code = await command(args, {
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
    environment: {},
    color: false,
  });
  return { code, out, error };
}

const ID = "20261122-101500-1f3a9c2";

describe("exit codes", () => {
  it.each<[string, typeof runLockstep, string[], number]>([
    ["--help", runLockstep, ["--help"], 0],
    ["--help of a command", runLockstep, ["janitor", "plan", "--help"], 0],
    ["no command", runLockstep, [], 2],
    ["an incomplete command", runLockstep, ["janitor"], 2],
    ["an unknown command", runLockstep, ["retier"], 2],
    ["an unknown option", runRelease, ["--force"], 2],
    ["an option without a value", runRelease, ["--reason"], 2],
    ["an extra argument", runBuild, ["web"], 2],
    ["an argument that is not a version id", runLockstep, ["promote", "latest"], 2],
    ["a recall without a target", runLockstep, ["recall"], 2],
    ["a recall with two targets", runLockstep, ["recall", "--only", ID, "--below", ID], 2],
    ["--resume together with --image", runRelease, ["--resume", "--image", `sha256:${"0".repeat(64)}`], 2],
    ["an image that is not a digest", runRelease, ["--image", "latest"], 2],
    ["an argument that is not a URL", runLockstep, ["explain", "nope"], 2],
    ["a header without a value", runLockstep, ["explain", "/", "--header", "x"], 2],
    ["an interval of 0 seconds", runLockstep, ["watch", "--every", "0"], 2],
  ])("%s", async (_, command, args, code) => {
    expect((await run(command, ...args)).code).toBe(code);
  });

  it.each<[typeof runLockstep, string[]]>([
    [runLockstep, []],
    [runRelease, []],
    [runBuild, []],
    ...[
      "versions",
      "watch",
      "history",
      "promote",
      "rollback",
      "recall",
      "retire",
      "explain",
      "doctor",
      "janitor",
    ].map((command): [typeof runLockstep, string[]] => [runLockstep, [command]]),
  ])("the help of every command has examples: %o %j", async (command, args) => {
    expect((await run(command, ...args, "--help")).out).toMatch(/Examples?:\n +npm run/);
  });
});

describe("an error", () => {
  it("says what happened and what to do next, as text or as JSON", async () => {
    vi.stubEnv("LOCKSTEP_CONFIG", "no-such.config.ts");
    const human = await run(runLockstep, "versions");
    expect(human).toMatchObject({ code: 1, out: "" });
    expect(human.error).toMatch(
      /^The configuration is invalid \(CONFIG_INVALID\)\.\n.*no-such\.config\.ts.*\nNext: /s,
    );
    const machine = await run(runLockstep, "versions", "--json");
    expect(machine).toMatchObject({ code: 1, error: "" });
    expect(JSON.parse(machine.out).error).toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("names the command that deploys the platform if there is none", async () => {
    const server = createServer((_, response) => {
      const body = `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id lockstep-platform does not exist</Message></Error></ErrorResponse>`;
      response.writeHead(400, { "content-type": "text/xml" }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
    vi.stubEnv("LOCKSTEP_CONFIG", "");
    const { code, error } = await run(runLockstep, "janitor", "plan");
    await new Promise((resolve) => server.close(resolve));
    expect(code).toBe(1);
    expect(error).toMatch(/PLATFORM_NOT_READY.*npm run infra:deploy/s);
  });
});
