import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;
/** A path of this repository in a code span: it begins with one of the top folders and has no placeholder. */
const PATH = /`((?:edge|client|server|web|api|infra|local|test|examples|docs|\.ci)\/[\w./-]+)`/g;

/**
 * Checks every Markdown file that git tracks: relative links lead to a file and to one of its headings, and paths of the
 * repository in code spans exist.
 *
 * @returns one sentence for each link or path that leads nowhere
 */
export function brokenLinks(root: string): string[] {
  const git = spawnSync("git", ["ls-files", "-z", "*.md"], { cwd: root, encoding: "utf8" });
  if (git.status !== 0) throw new Error(`git ls-files failed: ${git.stderr}`);
  const broken: string[] = [];
  for (const file of git.stdout.split("\0").filter((name) => existsSync(join(root, name)) && name !== "")) {
    const text = withoutCode(readFileSync(join(root, file), "utf8"));
    for (const [, target = ""] of text.matchAll(LINK)) {
      if (/^[a-z]+:/i.test(target)) continue;
      const [path = "", anchor] = target.split("#");
      const to = path === "" ? join(root, file) : join(root, dirname(file), path);
      if (!existsSync(to)) broken.push(`${file} links to ${target}, which does not exist`);
      else if (anchor !== undefined && !anchorsOf(to).has(anchor))
        broken.push(`${file} links to ${target}, but ${relative(root, to)} has no such heading`);
    }
    for (const [, path = ""] of text.matchAll(PATH)) {
      if (!existsSync(join(root, path))) broken.push(`${file} names ${path}, which does not exist`);
    }
  }
  return broken;
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```$/gms, "");
}

/** The anchors that GitHub gives to the headings of a file. */
function anchorsOf(file: string): Set<string> {
  if (statSync(file).isDirectory()) return new Set();
  const anchors = new Set<string>();
  for (const [, heading = ""] of withoutCode(readFileSync(file, "utf8")).matchAll(/^#+ (.+)$/gm)) {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");
    let free = anchor;
    for (let n = 1; anchors.has(free); n++) free = `${anchor}-${n}`;
    anchors.add(free);
  }
  return anchors;
}
