import { XML_NAMESPACES } from "./models.ts";
import { failureOf, type Protocol, type WireRequest, type WireResponse } from "./protocol.ts";
import { invocation, routeRequest, xml } from "./rest.ts";
import type { Route } from "./routes.ts";
import { escapeXml, writeContent } from "./xml.ts";

/** S3's REST-XML: the bucket is no part of the routes, and some answers have forms of their own. */
export const s3Rest: Protocol = {
  read(request, model) {
    const { bucket, path } = splitBucket(request);
    // A key may hold what a path may not (`a//b`, a trailing slash): all after the first slash is one greedy label.
    const routes = (model?.routes ?? []).filter((route) => isBucketless(route) === (bucket === undefined));
    const match = routeRequest(request, routes, path);
    if (bucket !== undefined) match.labels.Bucket = bucket;
    const found = invocation(xml, request, match);
    return {
      ...found,
      reply: (output) => s3Reply(found.action, output ?? {}, found.reply(output)),
    };
  },
  fail(error, request, model) {
    const failure = failureOf(error, model);
    const headers: Record<string, string> = { "content-type": "application/xml" };
    for (const [name, value] of Object.entries(failure.detail)) {
      if (/^[a-z]/.test(name)) headers[name] = String(value);
    }
    // HEAD and 304 have no body: the SDK then names the error by its status.
    if (request.method === "HEAD" || failure.status === 304)
      return { status: failure.status, headers, body: "" };
    const detail = Object.fromEntries(
      Object.entries(failure.detail).filter(([name]) => !/^[a-z]/.test(name)),
    );
    return {
      status: failure.status,
      headers,
      body:
        `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${escapeXml(failure.name)}</Code>` +
        `<Message>${escapeXml(failure.message)}</Message>${writeContent(undefined, detail)}` +
        `<RequestId>${request.requestId}</RequestId></Error>`,
    };
  },
};

const S3_HOST = /^(?<bucket>.+)\.(?:s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com|s3\.localhost|localhost)$/;

/** The bucket of a path-style or virtual-host-style request, and the path without it. */
function splitBucket(request: WireRequest): { bucket: string | undefined; path: string } {
  const host = (request.headers.host ?? "").replace(/:\d+$/, "");
  const named = S3_HOST.exec(host)?.groups?.bucket;
  // S3 reads + in a path as a space; clients send a + of a key as %2B.
  const asked = request.path.replaceAll("+", "%20");
  if (named !== undefined && named !== "s3") return { bucket: named, path: asked };
  const [, bucket = "", rest = ""] = /^\/([^/]*)(.*)$/s.exec(asked) ?? [];
  if (bucket === "") return { bucket: undefined, path: "/" };
  return { bucket: decodeURIComponent(bucket), path: rest === "" ? "/" : rest };
}

function isBucketless(route: Route): boolean {
  return route.action === "ListBuckets" || route.action === "ListDirectoryBuckets";
}

function s3Reply(action: string, output: Record<string, any>, reply: WireResponse): WireResponse {
  if (action === "GetObject") return { ...reply, status: output.ContentRange === undefined ? 200 : 206 };
  if (action === "GetBucketLocation") {
    const text = escapeXml(output.LocationConstraint ?? "");
    return {
      ...reply,
      body: `<LocationConstraint xmlns="${XML_NAMESPACES.s3}">${text}</LocationConstraint>`,
    };
  }
  if (action === "GetBucketPolicy") return { ...reply, headers: { "content-type": "application/json" } };
  return reply;
}
