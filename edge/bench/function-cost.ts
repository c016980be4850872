import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodePathTable } from "../src/encode-path-table.ts";
import { CURRENT } from "../test/support/events.ts";

/** Calls per process; njs never frees memory. */
const CALLS = 2000;

/** The cost of one call of a CloudFront Function. */
export interface FunctionCost {
  /** Instructions counted by callgrind, reproducible to 0.01 %. */
  instructions: number;
  /** Wall-clock time without callgrind, in microseconds. */
  micros: number;
  /** KeyValueStore reads. */
  reads: number;
}

/** Returns the required tools that are not installed. */
export function missingTools(): string[] {
  return ["njs", "valgrind"].filter((tool) => spawnSync("which", [tool]).status !== 0);
}

/**
 * Measures one call of a function in njs: the cost of a process that makes the events and calls the function, minus
 * that of a process that only makes the events. Every answer is awaited, as CloudFront does. Throws when the function
 * does, or when njs refuses it.
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

/** The path table of a build with 150 files, the most that fit into one value. */
const FILES = [
  ...Array.from({ length: 148 }, (_, n) => `images/${n}.png`),
  "terms.pdf",
  "shop/lanterns.html",
];
const TABLE = encodePathTable(CURRENT, FILES)!.files!;

/** A minimal store: it returns a promise of a value, has the pointer's keys, and counts reads. */
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
  // The shortest time: other work on the machine can only add to it.
  return { instructions, micros: Math.min(...times), reads };
}
