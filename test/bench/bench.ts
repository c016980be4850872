import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Bench, isWithin, toMarkdown } from "./bench-report.ts";

// `pnpm bench [name …]`: runs the benches, compares them with their limits, and writes the reports to docs/performance.md.

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAGE = join(ROOT, "docs", "performance.md");
const HEAD = `# Performance

Written by \`npm run bench\`; do not edit between the markers. Limits apply to ratios to a baseline of the same run, to counts and to
sizes. Times depend on the machine: they are listed without a limit.
`;

const files = globSync("*/bench/*.bench.ts", { cwd: ROOT }).sort();
const benches = new Map(files.map((file) => [basename(file, ".bench.ts"), join(ROOT, file)]));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !benches.has(name));
if (unknown.length > 0) {
  console.error(`Unknown bench: ${unknown.join(", ")}. Choose from: ${[...benches.keys()].join(", ")}`);
  process.exitCode = 2;
} else {
  for (const name of wanted.length > 0 ? wanted : benches.keys()) await runBench(name);
}

async function runBench(name: string): Promise<void> {
  console.log(`\n# ${name}`);
  const module = (await import(pathToFileURL(benches.get(name)!).href)) as { default: Bench };
  const report = await module.default.run((line) => console.log(`  ${line}`));
  const markdown = toMarkdown(report);
  console.log(`\n${markdown}`);
  writeSection(name, `${module.default.description.trim()}\n\n${machine()}\n\n${markdown}`);
  for (const limit of report.limits.filter((limit) => !isWithin(limit))) {
    console.error(`LIMIT EXCEEDED: ${limit.what}: ${limit.value}, at most ${limit.atMost}`);
    process.exitCode = 1;
  }
}

function machine(): string {
  const day = new Date().toISOString().slice(0, 10);
  const [cpu] = cpus();
  return `Measured on ${day}: ${cpus().length} × ${cpu?.model.trim() ?? "unknown processor"}, Node ${process.versions.node}.`;
}

/** Replaces the section of one bench and leaves the others; sections are in the order of their names. */
function writeSection(name: string, content: string): void {
  const text = existsSync(PAGE) ? readFileSync(PAGE, "utf8") : HEAD;
  const sections = new Map(
    [...text.matchAll(/<!-- bench:([\w-]+) -->\n[\s\S]*?<!-- \/bench:\1 -->/g)].map(([all, id]) => [
      id!,
      all,
    ]),
  );
  sections.set(name, `<!-- bench:${name} -->\n## ${name}\n\n${content}\n<!-- /bench:${name} -->`);
  const body = [...sections].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, section]) => section);
  writeFileSync(PAGE, `${[HEAD.trimEnd(), ...body].join("\n\n")}\n`);
}
