import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { phraseHits, phrasesIn } from "../phrases.ts";

const PHRASES = [
  ["nobody", "Nobody reads it."],
  ["somebody", "if somebody asks"],
  ["whoever", "whoever writes it"],
  ["mend", "The next run mends it."],
  ["anew", "signed anew"],
  ["is no", "It is no address."],
  ["stands in", "it stands in the map"],
  ["told", "The page is told."],
  ["hears", "what a page hears"],
  ["comes to", "it comes to an end"],
  ["what is", "what is current"],
  ["of its own", "a file of its own"],
  ["goes on", "the release goes on"],
  ["so long", "So long before the window ends"],
] as const;

const found = (path: string, text: string) =>
  phrasesIn(path, text).map(({ line, phrase }) => `${line} ${phrase}`);

describe("phrasesIn()", () => {
  it.each(PHRASES)("finds %j in comments, strings, templates, JSX text and Markdown", (name, prose) => {
    expect(found("a.ts", `const a = 1; // ${prose}`)).toEqual([`1 ${name}`]);
    expect(found("a.ts", `\n/**\n * ${prose}\n */\nexport const a = 1;`)).toEqual([`3 ${name}`]);
    expect(found("a.mjs", `throw new Error("${prose}");`)).toEqual([`1 ${name}`]);
    expect(found("a.ts", `const a = \`\${1 / 2}: ${prose}\${2}\`;`)).toEqual([`1 ${name}`]);
    expect(found("a.tsx", `export const A = () => <p>${prose}</p>;`)).toEqual([`1 ${name}`]);
    expect(found("docs/a.md", `# Title\n\n- ${prose}\n`)).toEqual([`3 ${name}`]);
    expect(found(".github/workflows/a.yml", `a: 1 # ${prose}`)).toEqual([`1 ${name}`]);
    expect(found("api/Dockerfile", `# ${prose}\nFROM node`)).toEqual([`1 ${name}`]);
    expect(found(".ci/run", `#!/bin/sh\necho "${prose}"`)).toEqual([`2 ${name}`]);
  });

  it("finds a phrase across the line break of a comment, a string and a list", () => {
    expect(found("a.ts", "// so\n// long")).toEqual(["1 so long"]);
    expect(found("a.ts", "/*\n * Knows what\n * is current. */")).toEqual(["2 what is"]);
    expect(found("a.ts", "const a = `what\n  is`;")).toEqual(["1 what is"]);
    expect(found("a.ts", 'const a = "goes\\non";')).toEqual(["1 goes on"]);
    expect(found("a.sh", "# comes\n# to")).toEqual(["1 comes to"]);
    expect(found("a.md", "> It stands\n> in the map.")).toEqual(["1 stands in"]);
  });

  it("ignores identifiers, properties and regular expressions", () => {
    const code =
      "const told = anew.mend(hears => hears.nobody); type Somebody = { whoever: told }; told.replace(/anew/, a);";
    expect(found("a.ts", code)).toEqual([]);
    expect(found("a.ts", 'it.each(cases)("pins $what is", run);')).toEqual([]);
    expect(found("a.ts", "// Calls `told`, told.ts and ./mend/anew.ts.")).toEqual([]);
  });

  it("ignores addresses and paths", () => {
    expect(
      found("a.md", "[page](https://example.com/what/told?nobody=1) docs/decisions/011-stamped-anew.md"),
    ).toEqual([]);
    expect(found("a.ts", 'import { a } from "./told/anew.ts";')).toEqual([]);
  });

  it("ignores words that only contain a phrase", () => {
    expect(
      found("a.md", "Recommend amending; threefold; is not; renewed; so longing; tell-told-tale"),
    ).toEqual([]);
  });

  it('allows "is no longer", "there is no" and "of its own version"', () => {
    expect(found("a.md", "X is no longer used. There\nis no version. A cookie of its own version.")).toEqual(
      [],
    );
  });

  it("does not join a phrase across code", () => {
    expect(found("a.ts", 'const a = ["is", "no"]; /* so */ call(); /* long */')).toEqual([]);
    expect(found("a.ts", `const a = \`what \${1} is\`;`)).toEqual([]);
  });

  it("counts lines after characters outside ASCII", () => {
    expect(found("a.ts", '// é 😀 …\nconst a = "😀";\n// told')).toEqual(["3 told"]);
  });

  it("refuses code that cannot be parsed", () => {
    expect(() => phrasesIn("a.ts", "const = ;")).toThrow(/^a\.ts: /);
  });

  it("says what to write instead", () => {
    expect(phrasesIn("a.md", "anew")).toEqual([{ path: "a.md", line: 1, phrase: "anew", instead: "again" }]);
  });
});

describe("phraseHits()", () => {
  it("reads tracked and new files, but no ignored, generated or removed ones, and applies the exceptions", () => {
    const root = mkdtempSync(join(tmpdir(), "lockstep-phrases-"));
    try {
      const write = (path: string) => writeFileSync(join(root, path), "Signed anew.\n");
      mkdirSync(join(root, ".ci"));
      execFileSync("git", ["init", "--quiet"], { cwd: root });
      writeFileSync(join(root, ".gitignore"), "ignored.md\n");
      for (const path of ["tracked.md", "removed.md", "pnpm-lock.yaml"]) write(path);
      execFileSync("git", ["add", "."], { cwd: root });
      rmSync(join(root, "removed.md"));
      for (const path of ["new.md", "ignored.md"]) write(path);
      writeFileSync(join(root, ".ci/phrases.ts"), "// Signed anew.\n");
      const { filesRead, hits, unused } = phraseHits(root);
      expect(filesRead).toBe(4); // with .gitignore and the exception
      expect(hits.map(({ path, line, phrase }) => `${path}:${line} ${phrase}`)).toEqual([
        "new.md:1 anew",
        "tracked.md:1 anew",
      ]);
      expect(unused.map(({ path }) => path)).toContain(".ci/test/phrases.test.ts");
      expect(unused.map(({ path }) => path)).not.toContain(".ci/phrases.ts");
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
