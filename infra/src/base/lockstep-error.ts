/**
 * Every known failure: what happened in general (`title`) and what to do next (`fix`). The message of an error says
 * what happened in this case.
 */
export const ERRORS = {
  // The ledger and its transitions.
  LEDGER_DAMAGED: {
    title: "The ledger cannot be read, so nothing was changed",
    fix: "The bucket keeps earlier copies of the ledger. To see and restore the last valid one: npm run lockstep -- doctor --fix",
  },
  LEDGER_NEWER: {
    title: "A newer version of Lockstep wrote the ledger",
    fix: "Update to the version of Lockstep that your team uses. If the janitor reports this, run: npm run infra:deploy",
  },
  LEDGER_BUSY: {
    title: "Too many processes are changing the ledger at the same time",
    fix: "No change was lost. Run the command again.",
  },
  LEDGER_BEHIND: {
    title: "The version map is newer than the ledger",
    fix: "An old ledger was restored, or two ledgers exist. Compare ledger.json in the state bucket with the map parameter before you continue.",
  },
  VERSION_EXISTS: {
    title: "This version id already exists",
    fix: "Version ids are never reused. Run the release again to get a new id.",
  },
  VERSION_UNKNOWN: {
    title: "This version is not in the ledger",
    fix: "To list the versions: npm run lockstep -- versions",
  },
  NO_FREE_SLOT: {
    title: "The load balancer has no free slot for another version",
    fix: "Nothing was created. List the versions with `npm run lockstep -- versions`. To see which ones the janitor will retire: npm run lockstep -- janitor plan",
  },
  TOO_MANY_VERSIONS: {
    title: "The number of running versions has reached protection.maxVersions",
    fix: "Nothing was created. See why they are kept with `npm run lockstep -- janitor plan`, or raise protection.maxVersions in lockstep.config.ts.",
  },
  MAP_TOO_LARGE: {
    title: "The version map does not fit into its SSM parameter",
    fix: "Shorten edge.hostSuffix, or let the janitor retire versions: npm run lockstep -- janitor run",
  },
  WRONG_STATE: {
    title: "The state of the version does not allow this",
    fix: "To see the states: npm run lockstep -- versions",
  },
  IS_CURRENT: {
    title: "The current version cannot be retired or recalled",
    fix: "Make another version current first: npm run lockstep -- rollback",
  },
  RECALLED: {
    title: "This version was recalled and cannot be restored",
    fix: "Choose another version (npm run lockstep -- versions), or release its commit again: npm run release",
  },
  NO_ROLLBACK: {
    title: "There is no version to roll back to",
    fix: "List the running versions with `npm run lockstep -- versions`. To release an older commit: git checkout <commit> && npm run release",
  },
  STILL_NEEDED: {
    title: "The version is still in use",
    fix: "The janitor retires it later (npm run lockstep -- janitor plan). To force open pages off it: npm run lockstep -- recall --only <id>",
  },
  // Preflight.
  GIT_UNKNOWN: {
    title: "There is no git commit to name the version after",
    fix: "Commit your work, or release without a commit: npm run release -- --allow-dirty",
  },
  GIT_DIRTY: {
    title: "The working tree has uncommitted changes",
    fix: "Commit them, or include them in the release: npm run release -- --allow-dirty",
  },
  PLATFORM_NOT_READY: {
    title: "The platform is not deployed, or is older than this code",
    fix: "npm run infra:deploy",
  },
  CONFIG_INVALID: {
    title: "The configuration is invalid",
    fix: "Correct lockstep.config.ts and run the command again.",
  },
  // Creating a version.
  BUILD_FAILED: {
    title: "The build failed",
    fix: "Fix the build, then run the release again. Nothing was created.",
  },
  BUILD_INCOMPLETE: {
    title: "The output of the build cannot be released",
    fix: "Check web.output and api.output in lockstep.config.ts, and the files that the build writes there.",
  },
  BUILD_MISMATCH: {
    title: "The build does not match lockstep.config.ts",
    fix: "Correct lockstep.config.ts (then npm run infra:deploy) or the build's own configuration, and build again: npm run release",
  },
  IMAGE_NOT_FOUND: {
    title: "The API's image is not in the repository",
    fix: "List the images with `aws ecr describe-images --repository-name <app>`, or omit --image to build a new image.",
  },
  NOTHING_TO_RESUME: {
    title: "There is no release to resume",
    fix: "List the versions with `npm run lockstep -- versions`. To start a new release: npm run release",
  },
  ASSET_NOT_HASHED: {
    title: "The content of a shared asset changed, but its name did not",
    fix: "All versions share the files in web.hashedFolders, so their names must carry a hash of their content. Move the file out of the folder, or let the bundler name it.",
  },
  OUT_IN_USE: {
    title: "The folder for the build contains other files, which would be deleted",
    fix: "Name a folder that does not exist: npm run build -- --out build",
  },
  IMAGE_FAILED: {
    title: "Could not build or push the API's image",
    fix: "Fix what the output above reports, then run the release again. Nothing was created.",
  },
  STACK_FAILED: {
    title: "Could not create the version's CloudFormation stack",
    fix: "Current is unchanged. Fix the cause, then run the release again.",
  },
  STACK_NOT_DELETED: {
    title: "Could not delete a version's CloudFormation stack",
    fix: "The next run of the janitor retries. See the stack's events in CloudFormation.",
  },
  VERSIONS_RUN: {
    title: "Versions still run on the platform, so nothing was deleted",
    fix: "To delete them too, including the current one: npm run infra:destroy -- --with-versions",
  },
  FILES_MISSING: {
    title: "Files of the version are missing or wrong in the bucket",
    fix: "Current is unchanged. To upload them, release the commit again: npm run release",
  },
  TARGETS_UNHEALTHY: {
    title: "The version's tasks do not pass the load balancer's health check",
    fix: "Current is unchanged. Check api.healthPath and the task's log, then run the command again.",
  },
  EDGE_NOT_SEEN: {
    title: "The edge did not answer with the new version in time",
    fix: "Current is unchanged. Check edge.publicUrl, api.pathPatterns and api.healthPath. To see what answers: npm run lockstep -- explain <url>",
  },
  STILL_ANSWERED: {
    title: "The version was recalled, but an edge still answers with it",
    fix: "The edge cannot read the map: see the log of the edge function. Then run the recall again to continue it.",
  },
  PAGE_NOT_SEEN: {
    title: "The version is current, but the page is not served from it yet",
    fix: "Check the page in a browser. If the pointer is behind, this updates it: npm run lockstep -- janitor run",
  },
  OVERTAKEN: {
    title: "Another version was promoted in the meantime",
    fix: "See which version is current with `npm run lockstep -- versions`, and run the command again if you still want the change.",
  },
  RELEASE_LOST: {
    title: "Another process ended this release; its version no longer belongs to this run",
    fix: "See the state of the version with `npm run lockstep -- versions`, then run the command again.",
  },
  JANITOR_FAILED: {
    title: "The janitor did not finish",
    fix: "The next run continues. See the janitor's log in CloudWatch.",
  },
  JANITOR_OFF: {
    title: 'The janitor is switched off: janitor.mode is "off"',
    fix: 'See what it would do with `npm run lockstep -- janitor plan`. To switch it on, set janitor.mode to "act" in lockstep.config.ts, then: npm run infra:deploy',
  },
  // Failures that AWS reports (aws-failures.ts).
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
    fix: "Allow the action that the message names in the policy of your role.",
  },
  AWS_THROTTLED: { title: "AWS throttled the request", fix: "Wait a minute and run the command again." },
  AWS_QUOTA: {
    title: "A quota of the AWS account is exhausted",
    fix: "Request an increase under Service Quotas in the AWS console, then run the command again.",
  },
  AWS_CAPACITY: {
    title: "AWS has no capacity for the tasks at the moment",
    fix: "Current is unchanged. Run the release again in a few minutes, or configure fewer or smaller tasks (api.cpu, api.memory).",
  },
  WRONG_ACCOUNT: {
    title: "The credentials belong to another AWS account than the app",
    fix: "Sign in to the account that lockstep.config.ts names (AWS_PROFILE, aws sso login), or correct `account` there.",
  },
  AWS_NOT_BOOTSTRAPPED: {
    title: "The account is not bootstrapped for the CDK",
    fix: "npx cdk bootstrap aws://<account>/<region> aws://<account>/us-east-1",
  },
  AWS_UNREACHABLE: {
    title: "Could not reach AWS",
    fix: "Check the network and AWS_ENDPOINT_URL. For the local AWS: npm start",
  },
} as const satisfies Record<string, { title: string; fix: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** A failure with a stable code. `message` describes this case; `ERRORS[code]` has the title and the fix. */
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
