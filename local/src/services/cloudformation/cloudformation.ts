/**
 * CloudFormation: what `cdk deploy` and CreateStack ask for, with resources made by the same actions that the wire
 * exposes (`providers/`).
 *
 * **Gaps.** JSON templates only. No transforms, macros, nested stacks, imports, drift detection, stack policies,
 * rollback triggers, creation or update policies, ContinueUpdateRollback, RollbackStack, express mode, time-outs of a
 * whole stack. `aws:cloudformation:*` tags are not added to resources. A role is accepted and shown, not assumed.
 * Notifications are not sent. Attributes of a resource that is changed in place are taken as unchanged by change sets.
 *
 * **By design.** A type, a property and an attribute that no provider knows are refused by name, as early as it can be
 * told. A change set is worked out within CreateChangeSet, so nobody sees CREATE_IN_PROGRESS of one. Resources that do
 * not depend on each other are made at the same time; the first failure ends the waiting of the others.
 *
 * **Client quirks.** The CDK CLI takes a stack that does not exist from the words `Stack with id X does not exist`,
 * and an empty change set from the beginning of its reason; its change sets are polled until `DescribeChangeSet`
 * answers `ChangeSetNotFoundException`.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { AwsError } from "../../aws-error.ts";
import type { Cloud, Service } from "../../cloud.ts";
import { changeSetActions } from "./actions/change-set-actions.ts";
import { readActions } from "./actions/read-actions.ts";
import { stackActions } from "./actions/stack-actions.ts";
import { createCustomResources, RESPONSE_PATH } from "./custom-resource.ts";
import { createEngine, type EngineOptions } from "./engine.ts";
import { createProviders } from "./providers/all.ts";
import { createStore } from "./store.ts";

export { seedBootstrap } from "./seed-bootstrap.ts";

export interface CloudFormationService extends Service {
  /**
   * Takes what a custom resource's function sent to its ResponseURL: the JSON document as text, bytes or parsed.
   * Throws `AwsError` "AccessDenied" (403) for a token that nobody waits for.
   */
  customResourceResponse(token: string, body: string | Uint8Array | object): void;
  /** Serves `PUT <prefix><token>` on the endpoint: where ResponseURLs lead. */
  responseHandler: {
    prefix: string;
    handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  };
}

/** CloudFormation of the local AWS. `close()` gives up what is on its way and waits for it. */
export function createCloudFormation(cloud: Cloud, options: EngineOptions = {}): CloudFormationService {
  const store = createStore();
  const customResources = createCustomResources(options);
  const engine = createEngine(cloud, store, createProviders(customResources.provider), options);
  return {
    actions: { ...stackActions(engine), ...changeSetActions(engine), ...readActions(engine) },
    customResourceResponse: customResources.respond,
    responseHandler: {
      prefix: RESPONSE_PATH,
      handle: (request, response) => takeResponse(customResources.respond, request, response),
    },
    close: async () => {
      const running = store.everything().flatMap(({ operation }) => operation ?? []);
      for (const { abort } of running) abort.abort();
      await Promise.all(running.map(({ done }) => done));
    },
  };
}

async function takeResponse(
  respond: CloudFormationService["customResourceResponse"],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const token = (request.url ?? "").slice(RESPONSE_PATH.length).split("?")[0]!;
  try {
    if (request.method !== "PUT") throw new AwsError("MethodNotAllowed", "Answers are sent with PUT.", 405);
    respond(token, Buffer.concat(chunks));
    response.writeHead(200).end();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    response.writeHead(error.statusCode, { "content-type": "text/plain" }).end(error.message);
  }
}
