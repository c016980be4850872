import { DescribeLogStreamsCommand, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { isFailure, LockstepError } from "../base/lockstep-error.ts";
import { versionLogGroupName } from "../base/version-names.ts";
import type { OperationContext } from "../versions/context.ts";

const LINES = 12;

/**
 * Runs what waits for a version's tasks. When they do not come up, the failure also says what the last of them printed:
 * the cause is nearly always there.
 *
 * @throws LockstepError STACK_FAILED or TARGETS_UNHEALTHY with the log's last lines; anything else as it is
 */
export async function withTaskLog<Result>(
  id: string,
  context: OperationContext,
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (!isFailure(error, "STACK_FAILED") && !isFailure(error, "TARGETS_UNHEALTHY")) throw error;
    const { code, message } = error as LockstepError;
    throw new LockstepError(code, `${message}\n${await lastLines(id, context)}`, { cause: error });
  }
}

/** What the task that wrote last has printed last, in words; never fails, because another failure is being told. */
async function lastLines(id: string, { config, clients }: OperationContext): Promise<string> {
  const logGroupName = versionLogGroupName(config.app, id);
  try {
    const { logStreams = [] } = await clients.logs.send(
      new DescribeLogStreamsCommand({ logGroupName, orderBy: "LastEventTime", descending: true, limit: 1 }),
    );
    const logStreamName = logStreams[0]?.logStreamName;
    if (logStreamName === undefined) return `No task has written to its log (${logGroupName}).`;
    const { events = [] } = await clients.logs.send(
      new GetLogEventsCommand({ logGroupName, logStreamName, limit: LINES }),
    );
    if (events.length === 0) return `Its last task printed nothing (${logGroupName}).`;
    return [`Its last task printed (${logGroupName}):`, ...events.map(({ message }) => `  ${message}`)].join(
      "\n",
    );
  } catch (error) {
    return `Its log (${logGroupName}) cannot be read: ${(error as Error).message}`;
  }
}
