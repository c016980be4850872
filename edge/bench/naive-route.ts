import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { CloudFrontRequest, CloudFrontRequestEvent, CloudFrontResultResponse } from "aws-lambda";
import { versionMapParameter } from "../src/names.ts";
import type { VersionMap } from "../src/version-map.ts";

// The baseline: the obvious implementation, with the SDK and without any of the guards.

const ssm = new SSMClient({ region: "eu-west-1" });
let map: VersionMap | undefined;

export async function handler(
  event: CloudFrontRequestEvent,
): Promise<CloudFrontRequest | CloudFrontResultResponse> {
  const { request } = event.Records[0]!.cf;
  map ??= await readMap();
  const cookies = Object.fromEntries(
    (request.headers.cookie ?? [])
      .flatMap(({ value }) => value.split(";"))
      .map((pair) => pair.trim().split("=") as [string, string]),
  );
  const query = new URLSearchParams(request.querystring);
  const pin =
    request.headers["x-lockstep-version"]?.[0]?.value ?? query.get("lockstep") ?? cookies["__Host-lockstep"];
  const version =
    pin !== undefined && pin !== null && /^\d{8}-\d{6}-[0-9a-f]{7}$/.test(pin) ? pin : map.current!;
  if (!map.versions[version]) return { status: "409", body: JSON.stringify({ current: map.current }) };
  return {
    ...request,
    headers: { ...request.headers, host: [{ key: "Host", value: `${version}.${map.suffix}` }] },
  };
}

async function readMap(): Promise<VersionMap> {
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: versionMapParameter("shop") }));
  return JSON.parse(Parameter!.Value!);
}
