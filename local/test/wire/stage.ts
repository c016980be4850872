import { tmpdir } from "node:os";
import { onTestFinished } from "vitest";
import { Cloud, type Scope, type Service, type ServiceName } from "../../src/cloud.ts";
import { type EndpointOptions, startEndpoint } from "../../src/wire/endpoint.ts";

/** Settings of every SDK client in the tests. */
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

/** Starts a cloud with the given services behind a real endpoint, and stops it after the test. */
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

/** A service that records its calls and returns the test's outputs. */
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
