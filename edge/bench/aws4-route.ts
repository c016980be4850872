import https from "node:https";
import type { CloudFrontRequest, CloudFrontRequestEvent } from "aws-lambda";
import { sign } from "aws4";
import { versionMapParameter } from "../src/names.ts";

// One signed read over node:https and nothing else, with the library that is made for it.

const endpoint = new URL(process.env.AWS_ENDPOINT_URL!);

export async function handler(event: CloudFrontRequestEvent): Promise<CloudFrontRequest> {
  const { request } = event.Records[0]!.cf;
  const map = JSON.parse(JSON.parse(await read()).Parameter.Value);
  request.headers.host = [{ key: "Host", value: `${map.current}.${map.suffix}` }];
  return request;
}

function read(): Promise<string> {
  const body = JSON.stringify({ Name: versionMapParameter("shop") });
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.GetParameter" };
  const { host, hostname, port } = endpoint;
  const signed = sign({
    service: "ssm",
    region: "eu-west-1",
    host,
    method: "POST",
    path: "/",
    headers,
    body,
  });
  return new Promise((resolve, reject) => {
    const options = { hostname, port, method: "POST", headers: signed.headers as Record<string, string> };
    const outgoing = https.request(options, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (chunk) => (text += chunk));
      incoming.on("end", () => resolve(text));
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
