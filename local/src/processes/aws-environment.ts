import type { Cloud } from "../cloud.ts";

/**
 * What AWS's runtimes put in a process's environment so that its SDK clients find region and credentials, and what
 * leads them to this machine.
 */
export function awsEnvironment(cloud: Cloud, region: string): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    // Like a role's: temporary, with a token. Nothing checks them.
    AWS_ACCESS_KEY_ID: "ASIALOCALLOCALLOCAL0",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_SESSION_TOKEN: "local",
    // Else a client without these would look for the instance metadata of a cloud machine.
    AWS_EC2_METADATA_DISABLED: "true",
    ...(cloud.endpoint === "" ? {} : endpointVariables(cloud.endpoint)),
  };
}

/** The KeyValueStore client puts the account in front of the endpoint's name and refuses an address. */
function endpointVariables(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE: `http://localhost:${new URL(endpoint).port}`,
  };
}
