import { createRequire } from "node:module";
import { compileFunction, constants } from "node:vm";
import { buildEdge, type EdgeSettings } from "../../src/build/build.ts";
import { credentials } from "./ssm-stub.ts";

/**
 * Returns the handler of a new instance of `route` as built, with its own module state and environment.
 *
 * @param endpoint URL of SSM
 * @param log receives its log lines
 */
export function loadRoute(
  settings: EdgeSettings,
  endpoint: string,
  log: (line: string) => void,
): (event: unknown) => Promise<any> {
  const { route } = buildEdge(settings);
  const module = { exports: {} as { handler(event: unknown): Promise<any> } };
  const environment = { ...credentials, AWS_ENDPOINT_URL: endpoint, AWS_REGION: "ap-northeast-1" };
  const run = compileFunction(route, ["module", "exports", "require", "process", "console"], {
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  run(module, module.exports, createRequire(import.meta.url), { env: environment }, { log, error: log });
  return module.exports.handler;
}
