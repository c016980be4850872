import { createHmac, hash } from "node:crypto";

interface SigningKey {
  accessKeyId: string;
  secretAccessKey: string;
  /** Present in temporary credentials, and so always in Lambda. */
  sessionToken: string | undefined;
  region: string;
}

/** Headers and body of a POST to the root of an SSM endpoint. */
export interface SignedRequest {
  headers: Record<string, string>;
  body: string;
}

/**
 * Signs a GetParameter request with AWS Signature Version 4. It covers only this request: a library for all requests
 * makes a cold start three times as long (docs/decisions/024).
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 *
 * @param host of the endpoint's URL, with the port unless it is the default
 * @param now milliseconds since the epoch
 */
export function signGetParameter(name: string, host: string, key: SigningKey, now: number): SignedRequest {
  const body = JSON.stringify({ Name: name });
  const at = new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
  // In alphabetical order, as the signature requires.
  const headers: Record<string, string> = {
    "content-length": `${Buffer.byteLength(body)}`,
    "content-type": "application/x-amz-json-1.1",
    host,
    "x-amz-date": at,
    ...(key.sessionToken && { "x-amz-security-token": key.sessionToken }),
    "x-amz-target": "AmazonSSM.GetParameter",
  };
  const names = Object.keys(headers).join(";");
  const lines = Object.entries(headers).map(([header, value]) => `${header}:${value}\n`);
  const scope = [at.slice(0, 8), key.region, "ssm", "aws4_request"];
  const canonical = `POST\n/\n\n${lines.join("")}\n${names}\n${sha256(body)}`;
  const text = `AWS4-HMAC-SHA256\n${at}\n${scope.join("/")}\n${sha256(canonical)}`;
  const secret: string | Buffer = `AWS4${key.secretAccessKey}`;
  const signature = hmac(scope.reduce<string | Buffer>(hmac, secret), text).toString("hex");
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope.join("/")}, SignedHeaders=${names}, Signature=${signature}`;
  return { headers, body };
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(text: string): string {
  return hash("sha256", text);
}
