import { parseArgs } from "node:util";
import { parseFaultRule } from "../src/faults/fault-rule.ts";

export const HELP = `npm start -- [options]

Starts an AWS on this machine, deploys Lockstep to it with the genuine cdk, and releases the first version.

  --port <n>               AWS endpoint            (default 4566)
  --distribution-port <n>  CloudFront distribution (default 8080)
  --alb-port <n>           load balancer           (default 8081)
  --edges <n>              simulated edges; the first has the distribution's port, the others the next ones (default 1)
  --empty                  only start: no deployment, no release
  --fault <rule>           makes calls to AWS fail after the first release; repeatable, for example
                           "ssm:PutParameter error=throttling rate=0.3 delay=500ms when=after times=1" (local/README.md)
  --fault-seed <n>         repeats the random draws of an earlier run (default random)
  --verbose                also print the log of the local AWS
`;

/** An invalid command line: exit code 2, and the message is the only output. */
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
 * Parses the command line.
 *
 * @throws UsageError with the invalid option
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
  throw new UsageError(`--${option} requires a whole number from 1 to ${most}, got "${text}".`);
}
