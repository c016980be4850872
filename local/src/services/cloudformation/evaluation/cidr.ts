import { AwsError } from "../../../aws-error.ts";

/** Evaluates `Fn::Cidr`: the first `count` IPv4 blocks with `hostBits` host bits (default 8) inside `block`. */
export function cidrBlocks(block: string, count: number, hostBits = 8): string[] {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(block);
  if (match === null) throw invalid(`${block} is not an IPv4 block (the local AWS does not support IPv6)`);
  const [a, b, c, d, length] = match.slice(1).map(Number) as [number, number, number, number, number];
  const size = 2 ** hostBits;
  const available = 2 ** (32 - length);
  if (count < 1 || count > 256 || count * size > available)
    throw invalid(`${count} blocks of ${size} addresses do not fit into ${block}`);
  const first = Math.floor((a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d) / available) * available;
  return Array.from({ length: count }, (_, index) => `${dotted(first + index * size)}/${32 - hostBits}`);
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationError", `Template error: Fn::Cidr: ${message}`);
}
