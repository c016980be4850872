import type { Cloud } from "../../../cloud.ts";
import { type LogStream, openLogStream } from "../../../processes/log-stream.ts";
import type { TaskRecord } from "../state/model.ts";

/**
 * Opens the stream of the `awslogs` driver, `<prefix>/<container>/<task id>`. Returns `undefined` without a log driver;
 * the output is then discarded.
 *
 * @throws Error whose message is a task's stopped reason, `ResourceInitializationError: …`
 */
export async function openTaskLog(cloud: Cloud, task: TaskRecord): Promise<LogStream | undefined> {
  const container = task.definition.definition.containerDefinitions![0]!;
  const options = container.logConfiguration?.options;
  if (options === undefined) return undefined;
  const prefix = options["awslogs-stream-prefix"];
  const target = {
    group: options["awslogs-group"]!,
    stream: prefix === undefined ? task.id : `${prefix}/${container.name}/${task.id}`,
    createGroup: options["awslogs-create-group"] === "true",
  };
  try {
    return await openLogStream(cloud, target, { region: options["awslogs-region"]! });
  } catch (cause) {
    throw new Error(
      `ResourceInitializationError: failed to create the log stream ${target.stream} in ${target.group}: ${(cause as Error).message}`,
      { cause },
    );
  }
}
