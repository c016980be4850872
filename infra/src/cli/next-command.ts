/** A command of ours as the user should type it: with `--local` where this run is pointed at the local AWS. */
export function nextCommand(command: string, environment: NodeJS.ProcessEnv): string {
  if (!isLocal(environment)) return command;
  return command.includes(" -- ") ? `${command} --local` : `${command} -- --local`;
}

/** The same for the commands of ours that stand in a sentence. */
export function nextCommandsIn(sentence: string, environment: NodeJS.ProcessEnv): string {
  return sentence.replace(
    /npm run (?:lockstep|release|infra:deploy)\b(?: -- [^`).,;]*[^`).,;\s])?/g,
    (command) => nextCommand(command, environment),
  );
}

function isLocal({ AWS_ENDPOINT_URL: endpoint = "" }: NodeJS.ProcessEnv): boolean {
  return /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:|\/|$)/.test(endpoint);
}
