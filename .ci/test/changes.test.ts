import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { missingChangeFile, nextVersion, sectionOf, withRelease } from "../change-files.ts";

const CI = fileURLToPath(new URL("..", import.meta.url));

describe("missingChangeFile()", () => {
  it("asks for a change file when the source of a package changed", () => {
    expect(missingChangeFile(["M\tedge/src/names.ts", "A\tdocs/page.md"])).toMatch(
      /^1 source files changed \(edge\/src\/names\.ts\) without a change file\. Next: npm run changes -- add/,
    );
    expect(missingChangeFile(["D\tinfra/src/cli/watch.ts"])).toBeDefined();
  });

  it("accepts an added change file, but not an edited or removed one, and not the README", () => {
    expect(missingChangeFile(["M\tedge/src/names.ts", "A\t.changes/fixed.names.md"])).toBeUndefined();
    expect(missingChangeFile(["M\tedge/src/names.ts", "M\t.changes/fixed.names.md"])).toBeDefined();
    expect(missingChangeFile(["M\tedge/src/names.ts", "D\t.changes/fixed.names.md"])).toBeDefined();
    expect(missingChangeFile(["M\tedge/src/names.ts", "A\t.changes/README.md"])).toBeDefined();
  });

  it("asks for none when only tests, benches, documents or tooling changed", () => {
    expect(
      missingChangeFile(["M\tedge/test/a.test.ts", "M\tdocs/page.md", "M\t.ci/check.ts", "M\ttest/src.ts"]),
    ).toBe(undefined);
    expect(missingChangeFile([])).toBeUndefined();
  });
});

describe("nextVersion()", () => {
  const changelog = "# Changelog\n\n## 0.2.1 (2026-11-01)\n\n### Fixed\n\n- A.\n";
  const change = (...kinds: ("breaking" | "added" | "changed" | "fixed" | "none")[]) =>
    kinds.map((kind) => ({ kind, text: "A." }));

  it.each([
    ["0.2.1", change("fixed", "none"), "0.2.2"],
    ["0.2.1", change("fixed", "added"), "0.3.0"],
    ["0.2.1", change("changed"), "0.3.0"],
    ["0.2.1", change("breaking"), "0.3.0"],
  ])("raises %s", (current, changes, next) => {
    expect(nextVersion(current, changelog, changes)).toBe(next);
  });

  it("raises the major version for a breaking change from 1.0 on", () => {
    expect(nextVersion("1.2.3", "## 1.2.3\n", change("breaking", "added"))).toBe("2.0.0");
    expect(nextVersion("1.2.3", "## 1.2.3\n", change("added"))).toBe("1.3.0");
  });

  it("releases the current version as it is when the changelog has no section for it", () => {
    expect(nextVersion("0.1.0", "# Changelog\n\n## Unreleased\n", change("breaking"))).toBe("0.1.0");
  });
});

describe("withRelease()", () => {
  const changelog =
    "# Changelog\n\nIntro.\n\n## Unreleased\n\n### Added\n\n- One,\n  in two lines.\n\n## 0.1.0 (2026-11-01)\n\n### Fixed\n\n- Old.\n";

  it("merges the unreleased section and the change files, by kind", () => {
    const changes = [
      { kind: "fixed", text: "Three." },
      { kind: "added", text: "Two,\nin two lines." },
      { kind: "none", text: "Refactoring." },
    ] as const;
    expect(withRelease(changelog, { version: "0.2.0", date: "2026-11-28", changes })).toBe(
      "# Changelog\n\nIntro.\n\n## 0.2.0 (2026-11-28)\n\n### Added\n\n- One,\n  in two lines.\n- Two,\n  in two lines.\n\n### Fixed\n\n- Three.\n\n## 0.1.0 (2026-11-01)\n\n### Fixed\n\n- Old.\n",
    );
  });

  it("works without an unreleased section and without older ones", () => {
    const changes = [{ kind: "fixed", text: "A." }] as const;
    expect(withRelease("# Changelog\n", { version: "0.1.0", date: "2026-11-28", changes })).toBe(
      "# Changelog\n\n## 0.1.0 (2026-11-28)\n\n### Fixed\n\n- A.\n",
    );
  });

  it("keeps every entry of this repository's own changelog", () => {
    const own = readFileSync(join(CI, "..", "CHANGELOG.md"), "utf8");
    const released = withRelease(own, { version: "99.0.0", date: "2026-11-28", changes: [] });
    const entries = (text: string) =>
      text
        .split("\n")
        .filter((line) => /^- |^ {2}/.test(line))
        .sort();
    expect(entries(released)).toEqual(entries(own));
    expect(entries(own).length).toBeGreaterThan(10);
  });
});

describe("sectionOf()", () => {
  it("finds exactly the version", () => {
    const changelog = "# C\n\n## 0.1.10 (2026-11-02)\n\nB\n\n## 0.1.1 (2026-11-01)\n\nA\n";
    expect(sectionOf(changelog, "0.1.1")).toBe("A");
    expect(sectionOf(changelog, "0.1.10")).toBe("B");
    expect(sectionOf(changelog, "0.1")).toBeUndefined();
  });
});

describe("npm run changes", () => {
  let folder: string;
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const read = (path: string) => readFileSync(join(folder, path), "utf8");
  const changes = (...args: string[]) => {
    const run = spawnSync(process.execPath, [join(folder, ".ci/changes.ts"), ...args], {
      cwd: folder,
      encoding: "utf8",
    });
    return { code: run.status, out: run.stdout, err: run.stderr };
  };
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
      cwd: folder,
      encoding: "utf8",
    });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lockstep-changes-"));
    for (const file of ["changes.ts", "change-files.ts"]) cpSync(join(CI, file), join(folder, ".ci", file));
    write("package.json", '{ "name": "a", "version": "0.1.0", "type": "module" }\n');
    write(
      "edge/package.json",
      '{\n  "name": "b",\n  "version": "0.1.0",\n  "dependencies": { "c": "0.1.0" }\n}\n',
    );
    write(".changes/README.md", "# Change files\n");
    write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n### Added\n\n- One.\n");
    git("init", "--quiet", "--initial-branch=main");
    git("add", ".");
    git("commit", "--quiet", "-m", "First");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("check --since fails for changed source without a change file, and passes with one", () => {
    git("switch", "--quiet", "-c", "topic");
    write("edge/src/a.ts", "export {};\n");
    git("add", ".");
    git("commit", "--quiet", "-m", "Change");
    const refused = changes("check", "--since", "main");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("edge/src/a.ts") });
    expect(changes("add", "fixed", "a", "A works.")).toMatchObject({ code: 0 });
    git("add", ".");
    git("commit", "--quiet", "-m", "Describe");
    expect(changes("check", "--since", "main")).toMatchObject({
      code: 0,
      out: "Change files: 1, all valid.\n",
    });
  });

  it("check refuses a wrong kind, an empty file and a list", () => {
    write(".changes/misc.a.md", "A.");
    write(".changes/fixed.b.md", "\n");
    write(".changes/fixed.c.md", "- A.\n- B.\n");
    const { code, err } = changes("check");
    expect(code).toBe(1);
    expect(
      err
        .trim()
        .split("\n")
        .map((line) => line.split(":")[0]),
    ).toEqual([".changes/fixed.b.md", ".changes/fixed.c.md", ".changes/misc.a.md"]);
  });

  it("check --since an unknown commit fails", () => {
    expect(changes("check", "--since", "f".repeat(40))).toMatchObject({ code: 1 });
  });

  it("add refuses wrong use, and does not replace a file", () => {
    expect(changes("add", "fixed", "Bad Name", "A.").code).toBe(2);
    expect(changes("add", "misc", "a", "A.").code).toBe(2);
    expect(changes("add", "fixed", "a").code).toBe(2);
    expect(changes("add", "fixed", "a", "A.").code).toBe(0);
    expect(changes("add", "fixed", "a", "B.").code).toBe(1);
    expect(read(".changes/fixed.a.md")).toBe("A.\n");
  });

  it("version releases the first version as it is, then raises the version of all packages", () => {
    write(".changes/fixed.a.md", "A works.\n");
    expect(changes("version").code).toBe(0);
    expect(read("CHANGELOG.md")).toMatch(
      /^# Changelog\n\n## 0\.1\.0 \(\d{4}-\d\d-\d\d\)\n\n### Added\n\n- One\.\n\n### Fixed\n\n- A works\.\n$/,
    );
    expect(existsSync(join(folder, ".changes/fixed.a.md"))).toBe(false);
    expect(changes("notes", "v0.1.0")).toMatchObject({
      code: 0,
      out: "### Added\n\n- One.\n\n### Fixed\n\n- A works.\n",
    });

    write(".changes/added.b.md", "B.\n");
    expect(changes("notes", "v0.1.0")).toMatchObject({
      code: 1,
      err: expect.stringContaining("1 change files"),
    });
    expect(changes("version").code).toBe(0);
    expect(read("package.json")).toContain('"version": "0.2.0"');
    expect(read("edge/package.json")).toBe(
      '{\n  "name": "b",\n  "version": "0.2.0",\n  "dependencies": { "c": "0.1.0" }\n}\n',
    );
    expect(changes("notes", "v0.1.0").code).toBe(1);
    expect(changes("notes", "v0.2.0")).toMatchObject({ code: 0, out: "### Added\n\n- B.\n" });
  });

  it("version fails when there is nothing to release", () => {
    write("CHANGELOG.md", "# Changelog\n\n## 0.1.0 (2026-11-01)\n");
    expect(changes("version")).toMatchObject({ code: 1, err: expect.stringContaining("Nothing to release") });
  });

  it("shows its usage for an unknown command", () => {
    expect(changes()).toMatchObject({ code: 2, err: expect.stringContaining("Usage: npm run changes") });
  });
});
