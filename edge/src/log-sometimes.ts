/** Provided by the runtime, not by the language. */
declare const console: { log(line: string): void };

/** Share of the lines that are written: a fault that affects every viewer must not write a line for every request. */
const SAMPLE = 0.01;

/** Logs a fault as one structured line, one time in a hundred (in the log group of the function in us-east-1). */
export function logSometimes(event: string, reason: unknown): void {
  if (Math.random() < SAMPLE) console.log(JSON.stringify({ lockstep: event, reason: String(reason) }));
}
