/**
 * AWS Security Token Service.
 *
 * **Gaps**: only the calls of the SDKs' credential providers and the CDK.
 * **By design**: every access key belongs to a user of the one account. AssumeRole returns credentials for any
 * well-formed role ARN. It checks neither the role's existence nor its trust policy.
 * **Client quirks**: requests to the global endpoint are signed for us-east-1, whatever the client's region.
 */

import { randomBytes } from "node:crypto";
import type {
  AssumeRoleRequest,
  AssumeRoleResponse,
  GetCallerIdentityResponse,
  GetSessionTokenRequest,
  GetSessionTokenResponse,
} from "@aws-sdk/client-sts";
import { AwsError } from "../../aws-error.ts";
import { ACCOUNT, type Cloud, type Service } from "../../cloud.ts";
import { refuseUnknown } from "../known-members.ts";

/** AWS's defaults, in seconds. */
const ASSUMED_SECONDS = 3600;
const SESSION_SECONDS = 43_200;

const ROLE_ARN = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]{1,64})$/;
const ASSUME_ROLE_MEMBERS = [
  "RoleArn",
  "RoleSessionName",
  "DurationSeconds",
  // These have no effect, because no policy is enforced.
  "Policy",
  "PolicyArns",
  "ExternalId",
  "Tags",
  "TransitiveTagKeys",
  "SourceIdentity",
];

/** Creates STS for the only account. */
export function createSts(cloud: Cloud): Service {
  return {
    actions: {
      GetCallerIdentity: (): GetCallerIdentityResponse => ({
        UserId: "AIDALOCALLOCALLOCAL00",
        Account: ACCOUNT,
        Arn: `arn:aws:iam::${ACCOUNT}:user/local`,
      }),
      AssumeRole: (input: AssumeRoleRequest): AssumeRoleResponse => {
        refuseUnknown("sts:AssumeRole", input, ASSUME_ROLE_MEMBERS);
        const [, account, role] = ROLE_ARN.exec(input.RoleArn ?? "") ?? [];
        if (account === undefined)
          throw new AwsError("ValidationError", `${input.RoleArn} is not the ARN of a role.`);
        const id = `AROALOCALLOCALLOCAL00:${input.RoleSessionName}`;
        return {
          Credentials: credentials(cloud.now(), input.DurationSeconds ?? ASSUMED_SECONDS),
          AssumedRoleUser: {
            AssumedRoleId: id,
            Arn: `arn:aws:sts::${account}:assumed-role/${role}/${input.RoleSessionName}`,
          },
        };
      },
      GetSessionToken: (input: GetSessionTokenRequest): GetSessionTokenResponse => ({
        Credentials: credentials(cloud.now(), input.DurationSeconds ?? SESSION_SECONDS),
      }),
    },
  };
}

function credentials(now: number, seconds: number): NonNullable<AssumeRoleResponse["Credentials"]> {
  return {
    AccessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
    SecretAccessKey: randomBytes(30).toString("base64"),
    SessionToken: randomBytes(48).toString("base64"),
    Expiration: new Date(now + seconds * 1000),
  };
}
