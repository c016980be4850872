import type { BenchLimit, BenchTable } from "../../test/bench/bench-report.ts";
import type { EdgeCode } from "../src/build/build.ts";
import { type FunctionCost, functionCost } from "./function-cost.ts";
import { type ViewerEvent, viewerEvents } from "./viewer-events.ts";

const EMPTY = "async function handler(event) { return event.request; }";
const ONE_READ = `import cf from "cloudfront";
async function handler(event) { const value = await cf.kvs().get("current"); return event.request; }`;

/** Limits for the cost of a call, in empty handlers (docs/decisions/020). */
const LIMITS: Partial<Record<ViewerEvent, number>> = {
  "API's answer, pinned by query": 1.85,
  "API's answer, pinned by cookie": 1.4,
  "document, first view": 2.4,
  "document, revalidated": 3.4,
  "document's answer": 2,
  "file of the build": 9.25,
};

/** The limit for a document of a site with a page for each path, which needs one lookup in the path table. */
const PAGES_LIMIT = 12.5;

/**
 * Measures the CloudFront Functions in njs: instructions as a ratio to an empty async handler, and reads of the store.
 */
export function measureFunctions(
  code: EdgeCode,
  pages: string,
  log: (line: string) => void,
): { tables: BenchTable[]; limits: BenchLimit[] } {
  const subjects: [name: string, event: ViewerEvent, code: string][] = [
    ["an empty async handler (baseline)", "API's answer, pinned by query", EMPTY],
    ["an empty async handler with one read", "document, first view", ONE_READ],
    ["pin-document: document, first view", "document, first view", code.pinDocument],
    ["pin-document: document, revalidated", "document, revalidated", code.pinDocument],
    ["pin-page: a file of the build (app)", "file of the build", code.pinFile],
    ["pin-page: a document (pages)", "document, first view", pages],
    ["stamp: document's answer", "document's answer", code.stamp],
    ["stamp-answer: API's answer, pinned by query", "API's answer, pinned by query", code.stampAnswer],
    ["stamp-answer: API's answer, pinned by cookie", "API's answer, pinned by cookie", code.stampAnswer],
    ["stamp-answer: API's redirect, pinned by query", "API's redirect, pinned by query", code.stampAnswer],
    ["heartbeat's answer", "heartbeat's answer", code.heartbeat],
    ["status", "status", code.status],
  ];
  const costs = subjects.map(([name, event, text]) => {
    log(name);
    return functionCost(text, viewerEvents[event]);
  });
  const empty = costs[0] as FunctionCost;
  const ratio = (cost: FunctionCost) => cost.instructions / empty.instructions;
  const limits = subjects.flatMap(([name, event, text], at): BenchLimit[] => {
    const atMost = at < 2 ? undefined : text === pages ? PAGES_LIMIT : LIMITS[event];
    return atMost === undefined
      ? []
      : [{ what: `${name}, in empty handlers`, value: ratio(costs[at]!), atMost }];
  });
  const reads = (at: number, what: string, atMost: number) => ({ what, value: costs[at]!.reads, atMost });
  limits.push(
    reads(2, "reads of the pointer by a document", 1),
    reads(5, "… by a page that is looked up", 1),
    reads(7, "… by an API's answer", 0),
  );
  return {
    tables: [
      {
        title: "CloudFront Functions, per call in njs",
        columns: ["function", "instructions", "in empty handlers", "time, µs", "reads"],
        rows: subjects.map(([name], at) => {
          const { instructions, micros, reads } = costs[at]!;
          return [name, Math.round(instructions), ratio(costs[at]!), micros, reads];
        }),
      },
    ],
    limits,
  };
}
