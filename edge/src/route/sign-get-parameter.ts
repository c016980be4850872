import { createHmac, hash } from "node:crypto";

export interface SigningKey {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary credentials, which a function always has. */
  sessionToken: string | undefined;
  region: string;
}

/**
 * The request that reads a parameter, ready to be sent: HTTP/1.1 with AWS's Signature Version 4, for this one request only. A
 * library for all of them takes a cold start three times as long (docs/decisions/022).
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 *
 * @param host as the endpoint's URL has it, with a port that is not the usual one
 * @param now milliseconds since the epoch
 */
export function signGetParameter(name: string, host: string, key: SigningKey, now: number): string {
  const body = JSON.stringify({ Name: name });
  const at = new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
  const token = key.sessionToken ? `x-amz-security-token:${key.sessionToken}\n` : "";
  // In the order of their names, as they are signed.
  const signedNames = `content-length;content-type;host;x-amz-date;${token && "x-amz-security-token;"}x-amz-target`;
  const headers = `content-length:${Buffer.byteLength(body)}\ncontent-type:application/x-amz-json-1.1\nhost:${host}\nx-amz-date:${at}\n${token}x-amz-target:AmazonSSM.GetParameter\n`;
  const scope = [at.slice(0, 8), key.region, "ssm", "aws4_request"];
  const canonical = `POST\n/\n\n${headers}\n${signedNames}\n${sha256(body)}`;
  const text = `AWS4-HMAC-SHA256\n${at}\n${scope.join("/")}\n${sha256(canonical)}`;
  const secret: string | Buffer = `AWS4${key.secretAccessKey}`;
  const signature = hmac(scope.reduce<string | Buffer>(hmac, secret), text).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope.join("/")}, SignedHeaders=${signedNames}, Signature=${signature}`;
  const lines = `${headers}authorization:${authorization}\n`;
  return `POST / HTTP/1.1\r\n${lines.replaceAll("\n", "\r\n")}\r\n${body}`;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(text: string): string {
  return hash("sha256", text);
}
