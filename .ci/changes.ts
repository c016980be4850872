import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  changeFiles,
  isKind,
  kinds,
  missingChangeFile,
  nextVersion,
  readChanges,
  sectionOf,
  withRelease,
} from "./change-files.ts";

// `npm run changes -- <command>`: see .changes/README.md. It imports only Node's modules, so that a workflow can run it without
// an installation, and works in the current folder.

const USAGE = `Usage: npm run changes -- <command>
  add <${kinds().join("|")}> <short-name> <text>   create a change file
  check [--since <commit>]   check the change files, and that changes of source since a commit have one
  version                    move the change files into CHANGELOG.md and set the version of all packages
  notes <tag>                print the section of CHANGELOG.md for a tag such as v0.2.0`;

const ROOT = process.cwd();
const CHANGELOG = join(ROOT, "CHANGELOG.md");

const [command, ...args] = process.argv.slice(2);
try {
  process.exitCode = run();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

/** @returns the exit code: 0 done, 1 failed, 2 wrong use */
function run(): number {
  switch (command) {
    case "add":
      return add(args[0], args[1], args[2]);
    case "check":
      return check(args[0] === "--since" ? args[1] : undefined);
    case "version":
      return setVersion();
    case "notes":
      return notes(args[0]);
    default:
      console.error(USAGE);
      return 2;
  }
}

function add(kind: string | undefined, name: string | undefined, text: string | undefined): number {
  if (!isKind(kind) || name === undefined || !/^[a-z0-9-]+$/.test(name) || text === undefined) {
    console.error(USAGE);
    return 2;
  }
  const path = `.changes/${kind}.${name}.md`;
  if (existsSync(join(ROOT, path))) throw new Error(`${path} exists already. Choose another name.`);
  writeFileSync(join(ROOT, path), `${text.trim()}\n`);
  readChanges(ROOT);
  console.log(`Created ${path}. Commit it with the change.`);
  return 0;
}

function check(since: string | undefined): number {
  const changes = readChanges(ROOT);
  const complaint = since === undefined ? undefined : missingChangeFile(changedSince(since));
  if (complaint !== undefined) throw new Error(complaint);
  console.log(`Change files: ${changes.length}, all valid.`);
  return 0;
}

function changedSince(commit: string): string[] {
  const git = spawnSync("git", ["diff", "--name-status", "--no-renames", `${commit}...HEAD`], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (git.status !== 0) throw new Error(`git diff failed: ${git.stderr}`);
  return git.stdout.split("\n").filter((line) => line !== "");
}

function setVersion(): number {
  const changelog = readFileSync(CHANGELOG, "utf8");
  const changes = readChanges(ROOT);
  if (changes.length === 0 && sectionOf(changelog, "Unreleased") === undefined)
    throw new Error(
      "Nothing to release: .changes/ has no change files and CHANGELOG.md has no unreleased section.",
    );
  const version = nextVersion(packageVersion(), changelog, changes);
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(CHANGELOG, withRelease(changelog, { version, date, changes }));
  for (const manifest of ["package.json", ...globSync("*/package.json", { cwd: ROOT })]) {
    const text = readFileSync(join(ROOT, manifest), "utf8");
    writeFileSync(join(ROOT, manifest), text.replace(/("version": )"[^"]+"/, `$1"${version}"`));
  }
  for (const path of changeFiles(ROOT)) rmSync(join(ROOT, path));
  console.log(
    `Set version ${version}. Next: review and commit the changes, then git tag v${version} && git push --tags`,
  );
  return 0;
}

function notes(tag: string | undefined): number {
  if (tag === undefined) {
    console.error(USAGE);
    return 2;
  }
  const version = packageVersion();
  if (tag !== `v${version}`)
    throw new Error(
      `The tag is ${tag}, but package.json has version ${version}. Tag the commit of the version.`,
    );
  const left = changeFiles(ROOT);
  if (left.length > 0)
    throw new Error(
      `${left.length} change files are not in the changelog. Run first: npm run changes -- version`,
    );
  const section = sectionOf(readFileSync(CHANGELOG, "utf8"), version);
  if (section === undefined) throw new Error(`CHANGELOG.md has no section for ${version}.`);
  console.log(section);
  return 0;
}

function packageVersion(): string {
  return (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }).version;
}
