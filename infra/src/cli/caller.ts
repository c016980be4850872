import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { LockstepConfig } from "../config/config.ts";
import { LockstepError } from "../lifecycle/lockstep-error.ts";

/**
 * The account that the credentials belong to: the one thing one wants to see before it is changed.
 *
 * @throws LockstepError WRONG_ACCOUNT when the configuration names another one
 */
export async function readAccount({
  account,
  region,
}: Pick<LockstepConfig, "account" | "region">): Promise<string> {
  const sts = new STSClient({ region });
  try {
    const { Account = "unknown", Arn } = await sts.send(new GetCallerIdentityCommand({}));
    if (account !== undefined && account !== Account)
      throw new LockstepError(
        "WRONG_ACCOUNT",
        `lockstep.config.ts names ${account}; ${Arn} is of ${Account}.`,
      );
    return Account;
  } finally {
    sts.destroy();
  }
}
