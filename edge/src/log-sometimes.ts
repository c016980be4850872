/** Provided by the runtime, not by the language. */
declare const console: { log(line: string): void };

/**
 * Fraction of the lines that are written. A fault that affects every viewer must not write a line for every request.
 */
const SAMPLE = 0.01;

/** Logs about one in a hundred faults as a structured line (in the function's log group in us-east-1). */
export function logSometimes(event: string, reason: unknown): void {
  if (Math.random() < SAMPLE) console.log(JSON.stringify({ lockstep: event, reason: String(reason) }));
}
