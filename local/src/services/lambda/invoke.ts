import { randomUUID } from "node:crypto";
import type { InvocationRequest, InvocationResponse } from "@aws-sdk/client-lambda";
import { AwsError } from "../../aws-error.ts";
import type { Action, Scope } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";
import type { AsyncEvents, Run } from "./async-events.ts";
import { tailOf } from "./function-log.ts";
import { getFunction, getVersion, type LambdaRegion } from "./model.ts";

/** Maximum payload of a synchronous call and of an event, in bytes (Lambda quotas). */
const MAX_SYNC_BYTES = 6 * 1024 * 1024;
const MAX_EVENT_BYTES = 1024 * 1024;

/** The Invoke action: RequestResponse, Event or DryRun. */
export function createInvoke(stateOf: (scope: Scope) => LambdaRegion, run: Run, events: AsyncEvents): Action {
  return async (input: InvocationRequest, scope): Promise<InvocationResponse> => {
    refuseUnknown("lambda:Invoke", input, [
      "FunctionName",
      "Qualifier",
      "InvocationType",
      "LogType",
      "Payload",
    ]);
    const record = getFunction(stateOf(scope), input.FunctionName!, scope);
    const version = getVersion(stateOf(scope), input.FunctionName!, input.Qualifier, scope);
    const type = input.InvocationType ?? "RequestResponse";
    const event = readPayload(input.Payload, type === "Event" ? MAX_EVENT_BYTES : MAX_SYNC_BYTES);
    const answer = { ExecutedVersion: version.version };
    if (type === "DryRun") return { ...answer, StatusCode: 204 };
    if (type === "Event") {
      events.add(record, version, event, scope);
      return { StatusCode: 202 };
    }
    const outcome = await run(record, version, event, randomUUID(), scope);
    return {
      ...answer,
      StatusCode: 200,
      FunctionError: outcome.failed ? "Unhandled" : undefined,
      LogResult: input.LogType === "Tail" ? tailOf(outcome.lines) : undefined,
      Payload: Buffer.from(outcome.payload, "utf8") as InvocationResponse["Payload"],
    };
  };
}

function readPayload(payload: Uint8Array | string | undefined, limit: number): string {
  const bytes = Buffer.from(payload ?? "");
  if (bytes.length > limit)
    throw new AwsError(
      "RequestTooLargeException",
      `${bytes.length} byte payload is too large for the invocation type (limit ${limit} bytes)`,
      413,
    );
  const text = bytes.length === 0 ? "{}" : bytes.toString("utf8");
  try {
    JSON.parse(text);
  } catch (error) {
    throw new AwsError(
      "InvalidRequestContentException",
      `Could not parse request body into json: ${(error as Error).message}`,
    );
  }
  return text;
}
