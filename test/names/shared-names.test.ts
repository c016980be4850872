import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { lockstep } from "@lockstep/api/lockstep";
import * as client from "@lockstep/client/names";
import * as edge from "@lockstep/edge/names";
import { VERSION_ID } from "@lockstep/edge/version-id";
import { connectionCounts } from "@lockstep/infra/connection-metric";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const VERSION = "20261122-101500-1f3a9c2";

describe("client/src/names.ts", () => {
  const originals: Record<string, unknown> = { ...edge, VERSION_ID: VERSION_ID.source };

  it.each(Object.entries(client))("%s has the value that edge/src/names.ts defines", (name, value) => {
    expect(name === "VERSION_ID" ? `^${value}$` : value).toBe(originals[name]);
  });
});

describe("the middleware in api/src", () => {
  it("writes exactly the metrics that the janitor reads", () => {
    const lines: string[] = [];
    lockstep({ app: "shop", version: VERSION, write: (line) => lines.push(line) }).stop();
    const line = JSON.parse(lines[0]!);
    const written = line._aws.CloudWatchMetrics.flatMap((directive: any) =>
      directive.Metrics.map(({ Name }: any) => ({
        namespace: directive.Namespace,
        metric: Name,
        dimensions: directive.Dimensions[0].map((name: string) => ({ Name: name, Value: line[name] })),
      })),
    );
    const read = connectionCounts("shop", VERSION).map(({ statistic, ...metric }) => metric);
    expect(written).toEqual(read);
    for (const { metric } of read) expect(line[metric]).toBe(0);
  });

  it("returns and reads exactly the headers that the edge defines", () => {
    const decision = Object.fromEntries(
      [edge.OUTCOME_HEADER, edge.CURRENT_HEADER, edge.EXPLAIN_HEADER].map((name) => [
        name,
        `value of ${name}`,
      ]),
    );
    const page = lockstep({ version: VERSION, write: () => {} });
    page.stop();
    expect(page.headersFor({ ...decision, [edge.SERVED_HEADER]: "forged" })).toEqual({
      ...decision,
      [edge.SERVED_HEADER]: VERSION,
    });
  });
});

/** Matches text that only a shared name has: headers, cookie, problem types, paths, the meta name, files and the event. */
const SHARED_TEXT =
  /\bx-lockstep-\w[\w-]*\w|__Host-\w+|\burn:lockstep:[\w-]+|\/\.lockstep\/\w+|\blockstep-(?:version|reconnect|files)\b[.\w]*/g;
/** Matches environment variables. Only the release has more of them than edge/src/names.ts. */
const VARIABLE = /\bLOCKSTEP_[A-Z_]*[A-Z]\b/g;

describe.each([
  ["client/src", [SHARED_TEXT, VARIABLE]],
  ["api/src", [SHARED_TEXT, VARIABLE]],
  ["web/src", [SHARED_TEXT, VARIABLE]],
  ["edge/src", [SHARED_TEXT]],
  ["infra/src", [SHARED_TEXT]],
])("the source in %s", (folder, patterns) => {
  it("uses no header, cookie, path or other shared name that edge/src/names.ts does not define", () => {
    const defined = new Set<unknown>(Object.values(edge));
    const files = globSync(`${folder}/**/*.{ts,tsx}`, { cwd: ROOT });
    expect(files.length).toBeGreaterThan(0);
    const unknown = files.flatMap((file) => {
      const text = readFileSync(`${ROOT}/${file}`, "utf8");
      const names = patterns.flatMap((pattern) => text.match(pattern) ?? []);
      return names.filter((name) => !defined.has(name)).map((name) => `${file}: ${name}`);
    });
    expect(unknown).toEqual([]);
  });
});
