import { DescribeLogStreamsCommand, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { isFailure, LockstepError } from "../../base/lockstep-error.ts";
import { versionLogGroupName } from "../../base/version-names.ts";
import type { OperationContext } from "../../versions/context.ts";

const LINES = 12;

/**
 * Runs work that waits for a version's tasks. If they do not become healthy, adds the last lines of their log to the
 * error, because the cause is usually there.
 *
 * @throws LockstepError STACK_FAILED or TARGETS_UNHEALTHY with these lines; passes on all other errors
 */
export async function withTaskLog<Result>(
  id: string,
  context: OperationContext,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isFailure(error, "STACK_FAILED") && !isFailure(error, "TARGETS_UNHEALTHY")) throw error;
    const { code, message } = error as LockstepError;
    throw new LockstepError(code, `${message}\n${await lastLines(id, context)}`, { cause: error });
  }
}

/** The last lines of the newest log stream. Never throws, because another error is being reported. */
async function lastLines(id: string, { config, clients }: OperationContext): Promise<string> {
  const logGroupName = versionLogGroupName(config.app, id);
  try {
    const { logStreams = [] } = await clients.logs.send(
      new DescribeLogStreamsCommand({ logGroupName, orderBy: "LastEventTime", descending: true, limit: 1 }),
    );
    const logStreamName = logStreams[0]?.logStreamName;
    if (logStreamName === undefined) return `No task has written to the log ${logGroupName}.`;
    const { events = [] } = await clients.logs.send(
      new GetLogEventsCommand({ logGroupName, logStreamName, limit: LINES }),
    );
    if (events.length === 0) return `The last task wrote nothing to ${logGroupName}.`;
    return [`Last lines of ${logGroupName}:`, ...events.map(({ message }) => `  ${message}`)].join("\n");
  } catch (error) {
    return `Could not read the log ${logGroupName}: ${(error as Error).message}`;
  }
}
