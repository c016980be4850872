/**
 * CloudFormation: the calls of `cdk deploy` and the stack calls. Resources are created through the same actions that
 * clients call (`providers/`).
 *
 * **Gaps.** JSON templates only. No transforms, macros, nested stacks, imports, drift detection, stack policies,
 * rollback triggers, creation or update policies, ContinueUpdateRollback, RollbackStack, express mode, or stack
 * timeouts. `aws:cloudformation:*` tags are not added to resources. A role is accepted and shown, but not assumed.
 * Notifications are not sent. Change sets assume that an in-place update leaves a resource's attributes unchanged.
 *
 * **By design.** A type, property or attribute without a provider is refused by name, as early as possible.
 * CreateChangeSet computes the change set before it returns, so CREATE_IN_PROGRESS is never visible. Independent
 * resources are created in parallel; the first failure cancels the others.
 *
 * **Client quirks.** The CDK CLI recognizes a missing stack by the words `Stack with id X does not exist`, and an empty
 * change set by the beginning of its reason. It polls a deleted change set until `DescribeChangeSet` returns
 * `ChangeSetNotFoundException`.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { AwsError } from "../../aws-error.ts";
import type { Cloud, Service } from "../../cloud.ts";
import { changeSetActions } from "./actions/change-set-actions.ts";
import { readActions } from "./actions/read-actions.ts";
import { stackActions } from "./actions/stack-actions.ts";
import { createProviders } from "./all-providers.ts";
import { createCustomResources, RESPONSE_PATH } from "./deployment/custom-resource.ts";
import { createEngine, type EngineOptions } from "./stack/engine.ts";
import { createStore } from "./stack/store.ts";

export { seedBootstrap } from "./seed-bootstrap.ts";

export interface CloudFormationService extends Service {
  /**
   * Accepts the response that a custom resource's function sent to its ResponseURL: a JSON document as text, bytes or a
   * parsed object. Throws `AwsError` "AccessDenied" (403) for an unknown token.
   */
  customResourceResponse(token: string, body: string | Uint8Array | object): void;
  /** Serves `PUT <prefix><token>` on the endpoint, the target of each ResponseURL. */
  responseHandler: {
    prefix: string;
    handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  };
}

/** Creates CloudFormation. `close()` cancels the running operations and waits for them. */
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
    if (request.method !== "PUT") throw new AwsError("MethodNotAllowed", "Send responses with PUT.", 405);
    respond(token, Buffer.concat(chunks));
    response.writeHead(200).end();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    response.writeHead(error.statusCode, { "content-type": "text/plain" }).end(error.message);
  }
}
