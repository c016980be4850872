import type { Cloud } from "../cloud.ts";

/**
 * Returns environment variables for SDK clients: region and credentials, as AWS's runtimes set them, and the endpoints
 * of this machine.
 */
export function awsEnvironment(cloud: Cloud, region: string): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    // Temporary credentials with a token, like those of a role. They are not checked.
    AWS_ACCESS_KEY_ID: "ASIALOCALLOCALLOCAL0",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_SESSION_TOKEN: "local",
    // Prevents clients from querying the instance metadata service.
    AWS_EC2_METADATA_DISABLED: "true",
    ...(cloud.endpoint === "" ? {} : endpointVariables(cloud.endpoint)),
  };
}

/**
 * Returns the endpoint variables. The KeyValueStore client prepends the account to the endpoint's host and refuses an
 * IP address.
 */
function endpointVariables(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE: `http://localhost:${new URL(endpoint).port}`,
  };
}
