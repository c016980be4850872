/** Of the runtime; the language itself brings none. */
declare const console: { log(line: string): void };

/** Share of the lines that are written: a fault that meets every viewer must not write a line for every viewer. */
const SAMPLE = 0.01;

/** One structured line about a fault, one time in a hundred. CloudFront puts it into the function's log in us-east-1. */
export function logSometimes(event: string, reason: unknown): void {
  if (Math.random() < SAMPLE) console.log(JSON.stringify({ lockstep: event, reason: String(reason) }));
}
