/**
 * Every failure that Lockstep knows by name, once: what happened in general, and what to do next. The message of an error
 * says what happened in particular, and to what.
 */
export const ERRORS = {
  // The ledger and its transitions.
  LEDGER_DAMAGED: {
    title: "The ledger cannot be read, so nothing was changed",
    fix: "The bucket keeps every version of it. See what the last good one says, and restore it: npm run lockstep -- doctor --fix",
  },
  LEDGER_NEWER: {
    title: "The ledger was written by a newer Lockstep",
    fix: "Check out the commit that the others work with. For a janitor that says so: npm run infra:deploy",
  },
  LEDGER_BUSY: {
    title: "Too many others are changing the ledger",
    fix: "Nothing was lost. Run the command again.",
  },
  LEDGER_BEHIND: {
    title: "The version map is newer than the ledger",
    fix: "An old ledger was restored, or two ledgers exist. Compare ledger.json in the state bucket with the map parameter before you go on.",
  },
  VERSION_EXISTS: {
    title: "This version is in the ledger already",
    fix: "An id is taken once. Run the release again; it takes the next free second.",
  },
  VERSION_UNKNOWN: {
    title: "The ledger does not know this version",
    fix: "See which there are with: npm run lockstep -- versions",
  },
  NO_FREE_SLOT: {
    title: "The load balancer has no room for another version",
    fix: "Nothing was created. See who still holds one with `npm run lockstep -- versions`; the janitor frees what is idle: npm run lockstep -- janitor plan",
  },
  TOO_MANY_VERSIONS: {
    title: "As many versions run as protection.maxVersions allows",
    fix: "Nothing was created. See why they stay with `npm run lockstep -- janitor plan`, or raise protection.maxVersions in lockstep.config.ts.",
  },
  MAP_TOO_LARGE: {
    title: "The version map would not fit its SSM parameter",
    fix: "Shorten edge.hostSuffix, or let the janitor retire versions: npm run lockstep -- janitor run",
  },
  WRONG_STATE: {
    title: "The version is in a state that does not allow this",
    fix: "See the states with: npm run lockstep -- versions",
  },
  IS_CURRENT: {
    title: "The current version is never retired or recalled",
    fix: "Bring new pages to another version first: npm run lockstep -- rollback",
  },
  RECALLED: {
    title: "The version was recalled, and comes back by no way",
    fix: "Choose another one (npm run lockstep -- versions), or release its commit again: npm run release",
  },
  NO_ROLLBACK: {
    title: "There is no version to go back to",
    fix: "See what still runs with `npm run lockstep -- versions`. To bring an older commit back: git checkout <commit> && npm run release",
  },
  STILL_NEEDED: {
    title: "The version is still needed",
    fix: "The janitor retires it when it is not (npm run lockstep -- janitor plan). To force its pages off it: npm run lockstep -- recall --only <id>",
  },
  MAP_COPY_UNWRITTEN: {
    title: "The copy of the version map could not be written, so the map was left as it is",
    fix: "Run the command again when the region answers. To do without a copy, remove edge.mapFallbackRegion and run: npm run infra:deploy",
  },
  // Preflight.
  GIT_UNKNOWN: {
    title: "A version is named after its git commit, and there is none",
    fix: "Commit your work, or release without one: npm run release -- --allow-dirty",
  },
  GIT_DIRTY: {
    title: "The working tree has changes that no commit holds",
    fix: "Commit them, or release them as they are: npm run release -- --allow-dirty",
  },
  PLATFORM_NOT_READY: {
    title: "The platform is not deployed, or older than this code",
    fix: "npm run infra:deploy",
  },
  CONFIG_INVALID: { title: "The configuration is refused", fix: "Correct lockstep.config.ts and run again." },
  // Making a version.
  BUILD_FAILED: { title: "The build failed", fix: "Mend it and run the release again. Nothing was created." },
  BUILD_INCOMPLETE: {
    title: "The build left something that cannot be released",
    fix: "Check web.output and api.output in lockstep.config.ts, and what the build writes there.",
  },
  BUILD_MISMATCH: {
    title: "The build is not what lockstep.config.ts says",
    fix: "Correct lockstep.config.ts (then npm run infra:deploy) or the build's own configuration, and build again: npm run release",
  },
  IMAGE_NOT_FOUND: {
    title: "The API's image is not in the repository",
    fix: "See which there are with `aws ecr describe-images --repository-name <app>`, or let the release make one: leave --image away.",
  },
  NOTHING_TO_RESUME: {
    title: "There is no release to go on with",
    fix: "See the states with `npm run lockstep -- versions`. To begin anew: npm run release",
  },
  ASSET_NOT_HASHED: {
    title: "A shared asset has changed under an unchanged name",
    fix: "Files in web.hashedFolders are shared by all versions: their names must carry a hash of their content. Move the file out of the folder, or let the bundler name it.",
  },
  OUT_IN_USE: {
    title: "The folder for the build holds something else, which would be deleted",
    fix: "Name a folder that does not exist: npm run build -- --out build",
  },
  IMAGE_FAILED: {
    title: "The API's image could not be made or pushed",
    fix: "Mend what the output above says and run the release again. Nothing was created.",
  },
  STACK_FAILED: {
    title: "The version's stack could not be made",
    fix: "Current is untouched. Mend the cause and run the release again.",
  },
  STACK_NOT_DELETED: {
    title: "A version's stack could not be deleted",
    fix: "The janitor tries again at its next run. See the stack's events in CloudFormation.",
  },
  VERSIONS_RUN: {
    title: "The platform carries versions that still run, so nothing was deleted",
    fix: "Delete them with it, and everybody's pages: npm run infra:destroy -- --with-versions",
  },
  FILES_MISSING: {
    title: "Files of the version are not in the bucket as they should be",
    fix: "Current is untouched. A release of the commit puts them up again: npm run release",
  },
  TARGETS_UNHEALTHY: {
    title: "The version's tasks do not pass the load balancer's health check",
    fix: "Current is untouched. Check api.healthPath and the task's log, then run the command again.",
  },
  EDGE_NOT_SEEN: {
    title: "The edge did not answer with the new version in time",
    fix: "Current is untouched. Check edge.publicUrl, api.pathPatterns and api.healthPath; who answers, and why: npm run lockstep -- explain <url>",
  },
  STILL_ANSWERED: {
    title: "The version was recalled, and an edge still answers with it",
    fix: "The edge cannot read the map: see the log of the edge function. Run the recall again; it goes on where it stopped.",
  },
  PAGE_NOT_SEEN: {
    title: "The version is current, but the page does not show it yet",
    fix: "Look at it in a browser. `npm run lockstep -- janitor run` writes the pointer again when it is behind.",
  },
  OVERTAKEN: {
    title: "Another version has become current meanwhile",
    fix: "See what is current with `npm run lockstep -- versions`, and run the command again if you still want it.",
  },
  RELEASE_LOST: {
    title: "Somebody else was faster, and took the version away",
    fix: "See its state with `npm run lockstep -- versions`, and run the command again.",
  },
  JANITOR_FAILED: {
    title: "The janitor did not finish",
    fix: "It goes on where it stopped at its next run. See its log in CloudWatch.",
  },
  JANITOR_OFF: {
    title: 'The janitor is off: janitor.mode is "off"',
    fix: 'See what it would do with `npm run lockstep -- janitor plan`. To let it run: set janitor.mode to "act" in lockstep.config.ts, then npm run infra:deploy',
  },
  // Failures that AWS reports, and their remedies (aws-failures.ts).
  AWS_NO_CREDENTIALS: {
    title: "No AWS credentials were found",
    fix: "Sign in (`aws sso login`, or set AWS_PROFILE). For the local AWS: npm start, then add --local.",
  },
  AWS_CREDENTIALS_EXPIRED: {
    title: "The AWS credentials have expired or are not valid",
    fix: "Sign in again: aws sso login",
  },
  AWS_ACCESS_DENIED: {
    title: "AWS denied access",
    fix: "Give your role the action that the message names.",
  },
  AWS_THROTTLED: { title: "AWS asked to slow down", fix: "Wait a minute and run the command again." },
  AWS_QUOTA: {
    title: "A quota of the AWS account is used up",
    fix: "See it under Service Quotas in the AWS console, ask for more, and run the command again.",
  },
  AWS_CAPACITY: {
    title: "AWS has no capacity for the tasks at this moment",
    fix: "Current is untouched. Run the release again in some minutes, or ask for fewer or smaller tasks (api.cpu, api.memory).",
  },
  WRONG_ACCOUNT: {
    title: "The credentials are of another AWS account than the app's",
    fix: "Sign in to the account that lockstep.config.ts names (AWS_PROFILE, aws sso login), or correct `account` there.",
  },
  AWS_NOT_BOOTSTRAPPED: {
    title: "The account is not bootstrapped for the CDK",
    fix: "npx cdk bootstrap aws://<account>/<region> aws://<account>/us-east-1",
  },
  AWS_UNREACHABLE: {
    title: "AWS could not be reached",
    fix: "Check the network and AWS_ENDPOINT_URL. For the local AWS: npm start",
  },
} as const satisfies Record<string, { title: string; fix: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** A failure with a stable code. `message` is the particular case; `ERRORS[code]` has the general one and what to do next. */
export class LockstepError extends Error {
  override readonly name = "LockstepError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whether `error` is the known failure `code`. */
export function isFailure(error: unknown, code: ErrorCode): boolean {
  return error instanceof LockstepError && error.code === code;
}
