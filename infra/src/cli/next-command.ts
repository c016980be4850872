/** A command of ours as the user should type it: with `--local` where this run is pointed at the local AWS. */
export function nextCommand(command: string, environment: NodeJS.ProcessEnv): string {
  const endpoint = environment.AWS_ENDPOINT_URL ?? "";
  const local = /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:|\/|$)/.test(endpoint);
  if (!local) return command;
  return command.includes(" -- ") ? `${command} --local` : `${command} -- --local`;
}
