/**
 * A measurement with limits: the default export of a module `<package>/bench/<name>.bench.ts`. Timings depend on the machine,
 * so a limit applies to a ratio to a named baseline of the same run, or to a count.
 */
export interface Bench {
  /** Describes the measured quantity and the method to readers of docs/performance.md. Markdown. */
  description: string;
  /** @param log called with one line for each step of progress */
  run(log: (line: string) => void): Promise<BenchReport>;
}

export interface BenchReport {
  tables: BenchTable[];
  limits: BenchLimit[];
}

export interface BenchTable {
  title: string;
  /** The first column is text, the others are right-aligned. */
  columns: string[];
  rows: (string | number)[][];
}

/** A figure that must stay at or below its limit: a ratio, a count, a size. Never a time. */
export interface BenchLimit {
  what: string;
  value: number;
  atMost: number;
}

export function isWithin({ value, atMost }: BenchLimit): boolean {
  return value <= atMost; // NaN is not
}

/** Formats a report for docs/performance.md. */
export function toMarkdown({ tables, limits }: BenchReport): string {
  const parts = tables.map(({ title, columns, rows }) => `**${title}**\n\n${markdownTable(columns, rows)}`);
  if (limits.length > 0)
    parts.push(
      `**Limits**\n\n${markdownTable(
        ["figure", "measured", "at most", ""],
        limits.map((limit) => [
          limit.what,
          number(limit.value),
          number(limit.atMost),
          isWithin(limit) ? "held" : "EXCEEDED",
        ]),
      )}`,
    );
  return parts.join("\n\n");
}

function markdownTable(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) =>
    `| ${cells.map((cell) => (typeof cell === "number" ? number(cell) : cell)).join(" | ")} |`;
  return [line(columns), `| --- |${" ---: |".repeat(columns.length - 1)}`, ...rows.map(line)].join("\n");
}

/** Three significant digits, whole numbers as they are. */
function number(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}
