import { tmpdir } from "node:os";
import { onTestFinished } from "vitest";
import { Cloud, type Scope, type Service, type ServiceName } from "../../src/cloud.ts";
import { type EndpointOptions, startEndpoint } from "../../src/wire/endpoint.ts";

/** What every SDK client of a test is made with. */
export interface ClientConfig {
  region: string;
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

export interface Stage {
  cloud: Cloud;
  url: string;
  config: ClientConfig;
}

/** A cloud with the given services behind a real endpoint; gone when the test is. */
export async function startStage(
  register: (cloud: Cloud) => Partial<Record<ServiceName, Service>>,
  options: { now?: () => number; log?: (line: string) => void } & Partial<EndpointOptions> = {},
): Promise<Stage> {
  const cloud = new Cloud({ stateDir: tmpdir(), now: options.now, log: options.log });
  for (const [name, service] of Object.entries(register(cloud))) cloud.register(name as ServiceName, service);
  const endpoint = await startEndpoint(cloud, { port: 0, ...options });
  onTestFinished(async () => {
    await endpoint.close();
    await cloud.close();
  });
  return {
    cloud,
    url: endpoint.url,
    config: {
      region: "eu-west-1",
      endpoint: endpoint.url,
      credentials: { accessKeyId: "AKIDLOCAL", secretAccessKey: "secret" },
    },
  };
}

/** A service that notes what it is called with and answers what the test says. */
export function stub(
  actions: Record<string, (input: any) => unknown>,
): Service & { calls: { action: string; input: any; region: string }[] } {
  const calls: { action: string; input: any; region: string }[] = [];
  const noted = Object.entries(actions).map(([action, answer]) => [
    action,
    (input: any, scope: Scope) => {
      calls.push({ action, input, region: scope.region });
      return answer(input);
    },
  ]);
  return { actions: Object.fromEntries(noted), calls };
}
