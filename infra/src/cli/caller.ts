import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { LockstepError } from "../base/lockstep-error.ts";
import type { LockstepConfig } from "../config/config.ts";

/**
 * Reads the account that the credentials belong to.
 *
 * @throws LockstepError WRONG_ACCOUNT if the configuration names another account
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
        `lockstep.config.ts names the account ${account}, but ${Arn} belongs to ${Account}.`,
      );
    return Account;
  } finally {
    sts.destroy();
  }
}
