import type { EngineName } from "./engine.ts";
import type { Case } from "./old-tab-cases.ts";

const COLUMNS: Record<EngineName, string> = { chromium: "Chromium", firefox: "Firefox", webkit: "WebKit" };

/**
 * Returns the table for docs/page.md: a row for each case, a column for each engine, and notes that explain
 * differences.
 */
export function engineTable(cases: readonly Case[]): string {
  const engines = Object.keys(COLUMNS) as EngineName[];
  const reasons = new Set(
    cases.flatMap(({ differs = {} }) => Object.values(differs).map((one) => one.because)),
  );
  const notes = [...reasons];
  const rows = cases.map(({ what, cell = "pinned", differs }) => {
    const cells = engines.map((engine) => {
      const other = differs?.[engine];
      return other ? `${other.cell} (${notes.indexOf(other.because) + 1})` : cell;
    });
    return [what, ...cells];
  });
  const lines = [["an old tab's …", ...Object.values(COLUMNS)], ["---", "---", "---", "---"], ...rows];
  const table = lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
  return `${table}\n\n${notes.map((note, index) => `${index + 1}. ${note}`).join("\n")}\n`;
}
