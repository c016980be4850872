import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The kinds of a change in the order of the changelog, with their headings there. `none` has no entry there. */
const HEADINGS = {
  breaking: "Breaking",
  added: "Added",
  changed: "Changed",
  fixed: "Fixed",
  none: undefined,
} as const;

export type Kind = keyof typeof HEADINGS;

/** One file of `.changes/`. */
export interface Change {
  kind: Kind;
  /** Markdown, without a bullet. */
  text: string;
}

/** An entry longer than this is documentation. */
const MAX_ENTRY_CHARACTERS = 400;
const UNRELEASED = "Unreleased";

export function isKind(value: string | undefined): value is Kind {
  return value !== undefined && Object.hasOwn(HEADINGS, value);
}

export function kinds(): Kind[] {
  return Object.keys(HEADINGS) as Kind[];
}

/** Paths of the change files below `root`, relative to it. */
export function changeFiles(root: string): string[] {
  const folder = join(root, ".changes");
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  return files.filter((file) => file !== "README.md").map((file) => `.changes/${file}`);
}

/** Reads the change files below `root`. Throws an error that lists every file with a wrong name or content. */
export function readChanges(root: string): Change[] {
  const changes: Change[] = [];
  const complaints: string[] = [];
  for (const path of changeFiles(root)) {
    const [, kind] = /^\.changes\/([a-z]+)\.[a-z0-9-]+\.md$/.exec(path) ?? [];
    const text = readFileSync(join(root, path), "utf8").trim();
    if (!isKind(kind)) complaints.push(`${path}: name it <${kinds().join("|")}>.<words-with-hyphens>.md`);
    else if (text === "") complaints.push(`${path}: the file is empty; describe the change`);
    else if (text.length > MAX_ENTRY_CHARACTERS || /\n\s*\n|^[#*-] /m.test(text))
      complaints.push(`${path}: write one paragraph of at most ${MAX_ENTRY_CHARACTERS} characters`);
    else changes.push({ kind, text });
  }
  if (complaints.length > 0) throw new Error(complaints.join("\n"));
  return changes;
}

/**
 * Checks that a set of changed files which touches the source of a package also adds a change file.
 *
 * @param changed lines of `git diff --name-status`
 * @returns a sentence about the missing file; `undefined` if the set is complete
 */
export function missingChangeFile(changed: readonly string[]): string | undefined {
  const files = changed.map((line) => line.split("\t"));
  const sources = files.map((parts) => parts.at(-1)!).filter((path) => /^[a-z]+\/src\//.test(path));
  const added = files.some(
    ([status, path]) => status === "A" && /^\.changes\/(?!README\.md$).+\.md$/.test(path!),
  );
  if (sources.length === 0 || added) return undefined;
  const examples = sources.slice(0, 3).join(", ");
  return `${sources.length} source files changed (${examples}${sources.length > 3 ? ", …" : ""}) without a change file. Next: npm run changes -- add fixed short-name "What users notice." (kind none if users notice nothing)`;
}

/**
 * Returns the version that a release gets. The current version is released as it is until the changelog has a section for it.
 * Before 1.0 a breaking change raises the minor version.
 */
export function nextVersion(current: string, changelog: string, changes: readonly Change[]): string {
  if (sectionOf(changelog, current) === undefined) return current;
  const [major, minor, patch] = current.split(".").map(Number) as [number, number, number];
  const has = (...wanted: Kind[]) => changes.some(({ kind }) => wanted.includes(kind));
  if (has("breaking") && major > 0) return `${major + 1}.0.0`;
  if (has("breaking", "added", "changed")) return `${major}.${minor + 1}.0`;
  return `${major}.${minor}.${patch + 1}`;
}

/** Returns the changelog with the changes, and with all that was unreleased, in a section for `version`. */
export function withRelease(
  changelog: string,
  { version, date, changes }: { version: string; date: string; changes: readonly Change[] },
): string {
  const entries = new Map<string, string[]>(
    kinds().flatMap((kind) => (HEADINGS[kind] === undefined ? [] : [[HEADINGS[kind], []]])),
  );
  for (const part of (sectionOf(changelog, UNRELEASED) ?? "").split(/^### /m).slice(1)) {
    const [heading = "", ...lines] = part.trim().split("\n");
    entries.get(heading.trim())?.push(lines.join("\n").trim());
  }
  for (const { kind, text } of changes) {
    const heading = HEADINGS[kind];
    if (heading !== undefined) entries.get(heading)!.push(`- ${text.replaceAll("\n", "\n  ")}`);
  }
  const parts = [...entries].filter(([, list]) => list.length > 0);
  const section = parts.map(([heading, list]) => `### ${heading}\n\n${list.join("\n")}`).join("\n\n");
  const rest = changelog.replace(/^## Unreleased\n[\s\S]*?(?=^## |$(?![\s\S]))/m, "");
  const [intro = "", ...older] = rest.split(/^(?=## )/m);
  const head = `${intro.trimEnd()}\n\n## ${version} (${date})\n\n${section}\n`;
  return [head, ...older.map((one) => `${one.trimEnd()}\n`)].join("\n");
}

/** Returns the text below the heading of a version; `undefined` if the changelog has no such heading. */
export function sectionOf(changelog: string, version: string): string | undefined {
  const sections = changelog.split(/^## /m).slice(1);
  const found = sections.find((section) => section.split(/[\s(]/, 1)[0] === version);
  return found?.slice(found.indexOf("\n") + 1).trim();
}
