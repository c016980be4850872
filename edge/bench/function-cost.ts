import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodePathTable } from "../src/encode-path-table.ts";
import { CURRENT } from "../test/support/events.ts";

/** njs never frees memory, so a process makes no more calls than this. */
const CALLS = 2000;

/** What one call of a CloudFront Function costs. */
export interface FunctionCost {
  /** Instructions by callgrind: they repeat to 0.01 %. */
  instructions: number;
  /** By the clock, without callgrind, in microseconds. */
  micros: number;
  /** KeyValueStore reads. */
  reads: number;
}

/** The tools that are missing; a figure that cannot be had must not look like one that was held. */
export function missingTools(): string[] {
  return ["njs", "valgrind"].filter((tool) => spawnSync("which", [tool]).status !== 0);
}

/**
 * Calls a function in njs on events that were made before, and counts what that adds to a process that only makes the events.
 * Every answer is awaited, as CloudFront has to. Throws when the function does, or when njs refuses it.
 */
export function functionCost(code: string, event: object): FunctionCost {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-bench-"));
  try {
    writeFileSync(join(folder, "cloudfront"), KEY_VALUE_STORE);
    const idle = run(folder, program(code, event, 0));
    const busy = run(folder, program(code, event, CALLS));
    return {
      instructions: (busy.instructions - idle.instructions) / CALLS,
      micros: (busy.micros - idle.micros) / CALLS,
      reads: busy.reads / CALLS,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The path table of a build with 150 files, the most that one value holds. */
const FILES = [
  ...Array.from({ length: 148 }, (_, n) => `images/${n}.png`),
  "terms.pdf",
  "shop/lanterns.html",
];
const TABLE = encodePathTable(CURRENT, FILES)!.files!;

/** The least that stands for CloudFront's: a promise of a value. The pointer's keys, and a count. */
const KEY_VALUE_STORE = `
const store = {
  current: '${CURRENT}', status: '{"r":12,"current":"${CURRENT}","floor":null,"ending":{}}', files: '${TABLE}'
};
let reads = 0;
function get(key) {
  reads++;
  return store[key] === undefined ? Promise.reject(new Error('KeyNotFound')) : Promise.resolve(store[key]);
}
export default { kvs: function () { return { get: get }; }, reads: function () { return reads; } };`;

function program(code: string, event: object, calls: number): string {
  const withStore = code.startsWith("import cf") ? code : `import cf from "cloudfront";\n${code}`;
  return `${withStore}
    const text = ${JSON.stringify(JSON.stringify(event))};
    const events = [];
    for (let i = 0; i < ${CALLS}; i++) events.push(JSON.parse(text));
    async function everything() {
      for (let i = 0; i < ${calls}; i++) await handler(events[i]);
      console.log('reads ' + cf.reads());
    }
    everything();`;
}

function run(folder: string, text: string): { instructions: number; micros: number; reads: number } {
  writeFileSync(join(folder, "main.js"), text);
  const njs = ["njs", "-s", "-u", "-p", ".", "main.js"];
  const counted = spawnSync("valgrind", ["--tool=callgrind", "--callgrind-out-file=/dev/null", ...njs], {
    cwd: folder,
    encoding: "utf8",
  });
  const instructions = Number(/Collected : (\d+)/.exec(counted.stderr)?.[1]);
  const reads = Number(/^reads (\d+)$/m.exec(counted.stdout)?.[1]);
  if (!(instructions > 0) || !(reads >= 0)) throw new Error(`njs: ${counted.stdout}${counted.stderr}`);
  const times = Array.from({ length: 9 }, () => {
    const begun = performance.now();
    spawnSync(njs[0]!, njs.slice(1), { cwd: folder });
    return (performance.now() - begun) * 1000;
  });
  // The shortest: whatever else the machine does only ever adds.
  return { instructions, micros: Math.min(...times), reads };
}
