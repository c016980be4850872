import {
  type CloudFormationClient,
  CreateStackCommand,
  type CreateStackCommandInput,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  type Stack,
} from "@aws-sdk/client-cloudformation";
import type { Clock } from "../base/clock.ts";
import { LockstepError } from "../base/lockstep-error.ts";
import { APP_TAG, VERSION_TAG } from "../base/version-names.ts";
import { allPages } from "./all-pages.ts";
import { codeOfStackReason } from "./aws-failures.ts";

export interface StackOptions {
  cloudformation: Pick<CloudFormationClient, "send">;
  /** How long to wait before giving up, in milliseconds. Default 30 minutes. */
  timeoutMs?: number;
  clock: Clock;
  /** Stops the waiting. CloudFormation continues. */
  signal?: AbortSignal;
  /** Called after each read of a stack that is not finished, with the time since the start. */
  onWait?: (waitedMs: number) => Promise<void>;
}

/** Time between two reads: DescribeStacks is throttled at a few calls per second. */
const POLL_MS = 1000;
const TIMEOUT_MS = 30 * 60_000;

/**
 * Creates a stack, unless it exists, and waits until it is complete.
 *
 * @returns its outputs
 * @throws LockstepError STACK_FAILED, or the known failure behind it, with the reason of the resource that failed first
 */
export async function createStack(
  input: CreateStackCommandInput,
  options: StackOptions,
): Promise<Record<string, string>> {
  const name = input.StackName!;
  try {
    await options.cloudformation.send(new CreateStackCommand(input));
  } catch (error) {
    // The name belongs to one version, so an earlier run of the same release has created it.
    if ((error as Error).name !== "AlreadyExistsException") throw error;
  }
  const stack = await waitForStack(name, options);
  if (stack?.StackStatus !== "CREATE_COMPLETE") {
    const reason = stack && (await firstFailure(name, options));
    const why = reason ?? stack?.StackStatusReason ?? "it was deleted during its creation";
    throw new LockstepError(codeOfStackReason(why), `${name}: ${why}`);
  }
  return Object.fromEntries(
    (stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey!, OutputValue!]),
  );
}

/**
 * Deletes a stack, with the role that created it, and waits until it is deleted. A stack that does not exist counts as
 * deleted.
 *
 * @returns whether it is deleted; `false` if CloudFormation is still deleting it after `timeoutMs`
 * @throws LockstepError STACK_NOT_DELETED with the reason
 */
export async function deleteStack(name: string, options: StackOptions): Promise<boolean> {
  try {
    await options.cloudformation.send(new DeleteStackCommand({ StackName: name }));
  } catch (error) {
    if (isMissingStack(error)) return true;
    throw error;
  }
  const stack = await waitForStack(name, options);
  if (stack === undefined || stack.StackStatus === "DELETE_COMPLETE") return true;
  if (stack.StackStatus?.endsWith("_IN_PROGRESS")) return false;
  const reason = (await firstFailure(name, options)) ?? stack.StackStatusReason;
  throw new LockstepError("STACK_NOT_DELETED", `${name} is ${stack.StackStatus}: ${reason ?? "no reason"}`);
}

/** The version stacks of an app by version id, with their status. Stacks without the app's tags are ignored. */
export async function listVersionStacks(
  app: string,
  cloudformation: Pick<CloudFormationClient, "send">,
): Promise<Map<string, string>> {
  const stacks = new Map<string, string>();
  const pages = allPages(
    (NextToken) => cloudformation.send(new DescribeStacksCommand({ NextToken })),
    (page) => page.NextToken,
  );
  for await (const page of pages)
    for (const { Tags = [], StackStatus = "" } of page.Stacks ?? []) {
      const tag = (name: string) => Tags.find(({ Key }) => Key === name)?.Value;
      const id = tag(VERSION_TAG);
      if (id !== undefined && tag(APP_TAG) === app) stacks.set(id, StackStatus);
    }
  return stacks;
}

export async function stackExists(
  name: string,
  options: Pick<StackOptions, "cloudformation">,
): Promise<boolean> {
  return (await describeStack(name, options)) !== undefined;
}

/** Waits at most `timeoutMs` until a stack stops changing. @returns the stack; `undefined` if it does not exist */
async function waitForStack(name: string, options: StackOptions): Promise<Stack | undefined> {
  const { timeoutMs = TIMEOUT_MS, clock, signal, onWait } = options;
  const startedAt = clock.now();
  for (;;) {
    signal?.throwIfAborted();
    const stack = await describeStack(name, options);
    const waitedMs = clock.now() - startedAt;
    if (!stack?.StackStatus?.endsWith("_IN_PROGRESS") || waitedMs >= timeoutMs) return stack;
    await onWait?.(waitedMs);
    await clock.sleep(POLL_MS);
  }
}

async function describeStack(
  name: string,
  { cloudformation }: Pick<StackOptions, "cloudformation">,
): Promise<Stack | undefined> {
  try {
    return (await cloudformation.send(new DescribeStacksCommand({ StackName: name }))).Stacks?.[0];
  } catch (error) {
    if (isMissingStack(error)) return undefined;
    throw error;
  }
}

/** CloudFormation reports a missing stack as a ValidationError with this message. */
function isMissingStack(error: unknown): boolean {
  return error instanceof Error && /does not exist/.test(error.message);
}

/** The reason of the first resource that failed: "Service (AWS::ECS::Service): …". Later ones were only cancelled. */
async function firstFailure(
  name: string,
  { cloudformation }: Pick<StackOptions, "cloudformation">,
): Promise<string | undefined> {
  const failures: string[] = [];
  const pages = allPages(
    (NextToken) => cloudformation.send(new DescribeStackEventsCommand({ StackName: name, NextToken })),
    (page) => page.NextToken,
  );
  // Events are sorted newest first, so the last failure in the list is the first that happened.
  for await (const page of pages)
    for (const event of page.StackEvents ?? [])
      if (event.ResourceStatus?.endsWith("_FAILED") && event.LogicalResourceId !== name)
        failures.push(`${event.LogicalResourceId} (${event.ResourceType}): ${event.ResourceStatusReason}`);
  return failures.findLast((failure) => !/cancelled/i.test(failure)) ?? failures.at(-1);
}
