import { checkSubset } from "./subset.ts";

/** Largest code of a CloudFront Function, in bytes: a hard quota. Past it CloudFront refuses to create the function. */
export const FUNCTION_MAX_BYTES = 10_240;

export interface Verdict {
  sizeBytes: number;
  /** What CloudFront would refuse or fail on, a sentence each; none when the function is fit. */
  findings: string[];
}

/** Holds the text of a CloudFront Function to the runtime's limits. */
export function inspectFunction(code: string): Verdict {
  const sizeBytes = Buffer.byteLength(code);
  const findings = checkSubset(code).map(({ line, what, mend }) => `line ${line}: ${what}. ${mend}`);
  if (sizeBytes > FUNCTION_MAX_BYTES) {
    findings.unshift(
      `${sizeBytes} bytes of code, ${FUNCTION_MAX_BYTES} are the quota of CloudFront. Move work out of the function.`,
    );
  }
  return { sizeBytes, findings };
}
