/** A Lockstep command as the user should type it: with `--local` if this run uses the local AWS. */
export function nextCommand(command: string, environment: NodeJS.ProcessEnv): string {
  if (!isLocal(environment)) return command;
  return command.includes(" -- ") ? `${command} --local` : `${command} -- --local`;
}

/** Does the same for every Lockstep command in a text. */
export function nextCommandsIn(text: string, environment: NodeJS.ProcessEnv): string {
  return text.replace(
    /npm run (?:lockstep|release|infra:[a-z]+)\b(?: -- [^`).,;\n]*[^`).,;\s])?/g,
    (command) => nextCommand(command, environment),
  );
}

function isLocal({ AWS_ENDPOINT_URL: endpoint = "" }: NodeJS.ProcessEnv): boolean {
  return /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:|\/|$)/.test(endpoint);
}
