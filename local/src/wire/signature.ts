import { AwsError } from "../aws-error.ts";

/** The caller in a signature. Secrets are not checked, so every process on this machine can call. */
export interface Signature {
  accessKeyId: string;
  region: string;
  /** From the credential scope, e.g. `elasticloadbalancing`. */
  signingName: string;
}

/** Region of requests to global services without a region in the signature. */
const GLOBAL_REGION = "us-east-1";

/**
 * Parses SigV4 and SigV4A, from the Authorization header or from the query of a presigned URL. Returns `undefined` for
 * an unsigned request. Throws `AwsError` for a malformed signature and for an expired URL.
 */
export function readSignature(
  headers: Record<string, string>,
  query: URLSearchParams,
  now: number,
): Signature | undefined {
  if (headers.authorization !== undefined) {
    const fields = readAuthorization(headers.authorization);
    return readScope(fields.algorithm, fields.credential, headers["x-amz-region-set"]);
  }
  const algorithm = query.get("X-Amz-Algorithm");
  if (algorithm === null) return undefined;
  refuseExpired(query, now);
  return readScope(
    algorithm,
    query.get("X-Amz-Credential") ?? "",
    query.get("X-Amz-Region-Set") ?? undefined,
  );
}

function readAuthorization(header: string): { algorithm: string; credential: string } {
  const [algorithm = "", rest = ""] = header.split(/ (.*)/s);
  const fields = new Map(
    rest.split(",").map((field) => field.trim().split(/=(.*)/s).slice(0, 2) as [string, string]),
  );
  for (const name of ["Credential", "SignedHeaders", "Signature"]) {
    if (!fields.get(name)) {
      throw new AwsError(
        "IncompleteSignature",
        `The Authorization header has no '${name}' parameter. Sign the request with SigV4, as every SDK does.`,
      );
    }
  }
  return { algorithm, credential: fields.get("Credential")! };
}

function readScope(algorithm: string, credential: string, regionSet: string | undefined): Signature {
  const asymmetric = algorithm === "AWS4-ECDSA-P256-SHA256";
  // A test's access key id may contain slashes; the parts of the scope never do.
  const parts = credential.split("/");
  const scope = parts.splice(asymmetric ? -3 : -4);
  const [date, region, signingName, end] = asymmetric ? [scope[0], undefined, scope[1], scope[2]] : scope;
  const known = asymmetric || algorithm === "AWS4-HMAC-SHA256";
  if (!known || parts.length === 0 || !/^\d{8}$/.test(date ?? "") || !signingName || end !== "aws4_request") {
    throw new AwsError(
      "IncompleteSignature",
      `The credential "${credential}" of the signature is not <key>/<yyyymmdd>/<region>/<service>/aws4_request.`,
    );
  }
  const named = region ?? regionSet?.split(",")[0];
  return {
    accessKeyId: parts.join("/"),
    region: named === undefined || named === "*" || named === "" ? GLOBAL_REGION : named,
    signingName,
  };
}

function refuseExpired(query: URLSearchParams, now: number): void {
  const stamp = query.get("X-Amz-Date") ?? "";
  const iso = stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
  const expires = Date.parse(iso) + Number(query.get("X-Amz-Expires")) * 1000;
  if (Number.isNaN(expires)) {
    throw new AwsError(
      "AuthorizationQueryParametersError",
      "A presigned URL needs X-Amz-Date and X-Amz-Expires.",
    );
  }
  if (now > expires) throw new AwsError("AccessDenied", "Request has expired", 403);
}
