import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseSync, Visitor } from "oxc-parser";

/** A phrase that makes readers read a sentence twice, and the plain wording to use in its place. */
interface Phrase {
  name: string;
  /** Matched as whole words in any case. A space matches any white space, including the line break of a comment. */
  pattern: string;
  instead: string;
}

const PHRASES: readonly Phrase[] = [
  { name: "nobody", pattern: "nobody", instead: "the actor with a negation: no user, no page, no process" },
  { name: "somebody", pattern: "somebody", instead: "the actor: another process, the user" },
  { name: "whoever", pattern: "whoever", instead: "the actor: the caller, the process that …" },
  { name: "mend", pattern: "mend(?:s|ed|ing)?", instead: "fix, repair" },
  { name: "anew", pattern: "anew", instead: "again" },
  // Plain English: "is no longer", "there is no …".
  { name: "is no", pattern: "(?<!there )is no(?! longer)", instead: "is not a …, has no …" },
  { name: "stands in", pattern: "stands in", instead: "is in, contains, replaces" },
  { name: "told", pattern: "told", instead: "reported, notified, warned, said" },
  { name: "hears", pattern: "hears", instead: "receives, is called when" },
  { name: "comes to", pattern: "comes to", instead: "reaches, arrives at, results in" },
  {
    name: "what is",
    pattern: "what is",
    instead: "the noun that it means: the current version, the error, open requests",
  },
  // Plain English: "the response of its own version".
  { name: "of its own", pattern: "of its own(?! version)", instead: "its own …, a separate …" },
  { name: "goes on", pattern: "goes on", instead: "continues, resumes" },
  { name: "so long", pattern: "so long", instead: "how long …, while, until" },
];

/** Prose that keeps a phrase, with the reason. An entry that no longer matches fails the check. */
interface Exception {
  path: string;
  /** Part of the line that holds the phrase; without it, the whole file. */
  text?: string;
  reason: string;
}

const EXCEPTIONS: readonly Exception[] = [
  { path: ".ci/phrases.ts", reason: "lists the phrases" },
  { path: ".ci/test/phrases.test.ts", reason: "tests the phrases" },
];

/** Generated files and files that hold no prose. */
const SKIPPED = /(?:^|\/)pnpm-lock\.yaml$|\.(?:png|pem|svg|ico|snap)$/;

export interface PhraseHit {
  path: string;
  /** From 1. */
  line: number;
  phrase: string;
  instead: string;
}

/** Finds the phrases in every file that git tracks, or would track, below `root`. */
export function phraseHits(root: string): { filesRead: number; hits: PhraseHit[]; unused: Exception[] } {
  const git = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  if (git.status !== 0) throw new Error(`git ls-files failed: ${git.stderr}`);
  const paths = [...new Set(git.stdout.split("\0"))]
    .filter((path) => path !== "" && !SKIPPED.test(path))
    .sort();
  const used = new Set<Exception>();
  const hits: PhraseHit[] = [];
  let filesRead = 0;
  for (const path of paths) {
    const text = readText(join(root, path));
    if (text === undefined) continue;
    filesRead++;
    const lines = text.split("\n");
    for (const hit of phrasesIn(path, text)) {
      const exception = EXCEPTIONS.find(
        (one) => one.path === path && (one.text === undefined || lines[hit.line - 1]!.includes(one.text)),
      );
      if (exception === undefined) hits.push(hit);
      else used.add(exception);
    }
  }
  return { filesRead, hits, unused: EXCEPTIONS.filter((one) => !used.has(one)) };
}

/** A file that was removed from the working tree, but not yet from git's index, has no text. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Finds the phrases in the prose of one file. */
export function phrasesIn(path: string, text: string): PhraseHit[] {
  const prose = proseOf(path, text);
  const hits: PhraseHit[] = [];
  for (const { name, pattern, instead } of PHRASES) {
    const words = new RegExp(`(?<![\\w$-])${pattern.replaceAll(" ", "\\s+")}(?![\\w-])`, "gi");
    for (const { index } of prose.matchAll(words))
      hits.push({ path, line: lineAt(text, index), phrase: name, instead });
  }
  return hits.sort((a, b) => a.line - b.line);
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** Separates pieces of prose: neither white space nor part of a word. */
const GAP = "\0";

/** Returns a text of the same length in which only the prose of a file is left, without names and addresses. */
function proseOf(path: string, text: string): string {
  const prose = /\.[cm]?[jt]sx?$/.test(path) ? proseOfCode(path, text) : withoutCommentSigns(text);
  return withoutNames(prose);
}

/** Comments, strings, templates and JSX text. Everything else becomes gaps. */
function proseOfCode(path: string, text: string): string {
  const { comments, program, errors } = parseSync(basename(path), text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]!.message}`);
  let prose = "";
  const pieces: { start: number; end: number; clean: (part: string) => string }[] = [];
  const keep = ({ start, end }: { start: number; end: number }) =>
    pieces.push({ start, end, clean: withoutEscapes });
  for (const { start, end } of comments) pieces.push({ start, end, clean: withoutCommentSigns });
  new Visitor({
    Literal: (node) => {
      if (typeof node.value === "string") keep(node);
    },
    TemplateElement: keep,
    JSXText: keep,
  }).visit(program);
  for (const { start, end, clean } of pieces.sort((a, b) => a.start - b.start)) {
    prose += asGap(text.slice(prose.length, start)) + clean(text.slice(start, end));
  }
  return prose + asGap(text.slice(prose.length));
}

/** White space stays, so that a sentence continues from one comment line to the next. */
function asGap(code: string): string {
  return code.replaceAll(/\S/g, GAP);
}

function withoutCommentSigns(text: string): string {
  return text.replaceAll(/^[ \t]*(?:\/\*\*?|\/\/+|\*(?!\/)|#+|>)/gm, asSpace);
}

/** `\n` in the source of a string separates words. */
function withoutEscapes(text: string): string {
  return text.replaceAll(/\\[nrt]/g, asSpace);
}

/** Addresses, paths, and code spans without white space are names, not prose. */
function withoutNames(text: string): string {
  return text
    .replaceAll(/[a-z][a-z+.-]*:\/\/[^\s)"'`\0]+/gi, asGap)
    .replaceAll(/`[^`\s]+`/g, asGap)
    .replaceAll(/(?:\.{0,2}\/)?(?:[\w@.-]+\/)+[\w@.-]+|\.{0,2}\/[\w@.-]+|[\w-]+\.[a-z]{1,4}\b/gi, asGap);
}

function asSpace(signs: string): string {
  return " ".repeat(signs.length);
}
