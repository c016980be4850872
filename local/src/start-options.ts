import { parseArgs } from "node:util";
import { parseFaultRule } from "./faults/fault-rule.ts";

export const HELP = `npm start -- [options]

Boots an AWS on this machine, deploys Lockstep to it with the genuine cdk, and releases the first version.

  --port <n>               AWS endpoint            (default 4566)
  --distribution-port <n>  CloudFront distribution (default 8080)
  --alb-port <n>           load balancer           (default 8081)
  --edges <n>              simulated edges; the first has the distribution's port, the others the next ones (default 1)
  --empty                  boot only: no deploy, no release
  --fault <rule>           makes calls to AWS fail once the first version is there; may be given more than once, for example
                           "ssm:PutParameter error=throttling rate=0.3 delay=500ms when=after times=1" (local/README.md)
  --fault-seed <n>         repeats the draws of an earlier run (default random)
  --verbose                also print what happens inside the local AWS
`;

/** A wrong call: exit code 2, and the message is all that is said. */
export class UsageError extends Error {}

export interface StartOptions {
  port: number;
  distributionPort: number;
  albPort: number;
  edges: number;
  empty: boolean;
  faults: string[];
  faultSeed?: number;
  verbose: boolean;
}

/**
 * Reads the command line.
 *
 * @throws UsageError naming the option that is wrong
 */
export function parseOptions(args: string[]): StartOptions | "help" {
  try {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: "string", default: "4566" },
        "distribution-port": { type: "string", default: "8080" },
        "alb-port": { type: "string", default: "8081" },
        edges: { type: "string", default: "1" },
        empty: { type: "boolean", default: false },
        fault: { type: "string", multiple: true, default: [] },
        "fault-seed": { type: "string" },
        verbose: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return "help";
    for (const rule of values.fault) parseFaultRule(rule);
    const { "fault-seed": seed } = values;
    return {
      port: wholeNumber("port", values.port, 65_535),
      distributionPort: wholeNumber("distribution-port", values["distribution-port"], 65_535),
      albPort: wholeNumber("alb-port", values["alb-port"], 65_535),
      edges: wholeNumber("edges", values.edges, 20),
      empty: values.empty,
      faults: values.fault,
      faultSeed: seed === undefined ? undefined : wholeNumber("fault-seed", seed, 2 ** 32 - 1),
      verbose: values.verbose,
    };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${HELP}`);
  }
}

function wholeNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new UsageError(`--${option} takes a whole number from 1 to ${most}, not "${text}".`);
}
