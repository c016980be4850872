import { checkSubset } from "./subset.ts";

/**
 * Maximum code size of a CloudFront Function (quota, not adjustable). `CreateFunction` refuses more; CDK does not check
 * it.
 */
export const FUNCTION_MAX_BYTES = 10_240;

/**
 * Checks the text of a CloudFront Function against the runtime's limits.
 *
 * @returns the size, and one sentence for each part that CloudFront would refuse or could not run
 */
export function inspectFunction(code: string): { sizeBytes: number; findings: string[] } {
  const sizeBytes = Buffer.byteLength(code);
  const findings = checkSubset(code).map(({ line, what, fix }) => `line ${line}: ${what}. ${fix}`);
  if (sizeBytes > FUNCTION_MAX_BYTES) {
    findings.unshift(
      `${sizeBytes} bytes of code exceed CloudFront's quota of ${FUNCTION_MAX_BYTES}. Move work out of the function.`,
    );
  }
  return { sizeBytes, findings };
}
