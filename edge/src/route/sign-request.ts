import { createHash, createHmac } from "node:crypto";

const CONTENT_TYPE = "application/x-amz-json-1.1";

export interface UnsignedRequest {
  /** With its port when that is not the scheme's own, as it goes into `Host`. */
  host: string;
  region: string;
  /** `AmazonSSM.GetParameter` */
  target: string;
  /** JSON, in ASCII or UTF-8. */
  body: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string | undefined };
  /** Milliseconds since the epoch. */
  at: number;
}

/**
 * The headers of a `POST /` to SSM, signed with AWS Signature Version 4. By hand, for this one form of request: a library that signs
 * all forms costs the cold start a quarter more (docs/decisions/022). The tests sign the same requests with `aws4`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signedHeaders(request: UnsignedRequest): Record<string, string> {
  const { host, region, target, body, credentials } = request;
  const moment = new Date(request.at).toISOString().replace(/[-:]|\.\d+/g, ""); // 20261122T101500Z
  const day = moment.slice(0, 8);
  // In the order of their names, as the signature wants them.
  const headers: Record<string, string> = {
    "content-length": String(Buffer.byteLength(body)),
    "content-type": CONTENT_TYPE,
    host,
    "x-amz-date": moment,
    ...(credentials.sessionToken && { "x-amz-security-token": credentials.sessionToken }),
    "x-amz-target": target,
  };
  const names = Object.keys(headers).join(";");
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = `POST\n/\n\n${lines.join("")}\n${names}\n${sha256(body)}`;
  const scope = `${day}/${region}/ssm/aws4_request`;
  let key: string | Buffer = `AWS4${credentials.secretAccessKey}`;
  for (const part of [day, region, "ssm", "aws4_request"]) key = hmac(key, part).digest();
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${moment}\n${scope}\n${sha256(canonical)}`).digest("hex");
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return headers;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string) {
  return createHmac("sha256", key).update(text);
}
