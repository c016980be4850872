import { describe, expect, it } from "vitest";
import { modelOf } from "../../src/wire/models.ts";
import { matchRoute } from "../../src/wire/routes.ts";

const { routes } = (await modelOf("s3"))!;

function actionOf(method: string, target: string, headers: Record<string, string> = {}) {
  const [path = "", search] = target.split("?");
  return matchRoute(routes, { method, path, query: new URLSearchParams(search), headers })?.route.action;
}

describe("matchRoute()", () => {
  it("distinguishes S3's actions on one path by their required parameters", () => {
    expect(actionOf("PUT", "/k")).toBe("PutObject");
    expect(actionOf("PUT", "/k", { "x-amz-copy-source": "b/k" })).toBe("CopyObject");
    expect(actionOf("PUT", "/k?partNumber=1&uploadId=u")).toBe("UploadPart");
    expect(actionOf("PUT", "/k?partNumber=1&uploadId=u", { "x-amz-copy-source": "b/k" })).toBe(
      "UploadPartCopy",
    );
    expect(actionOf("GET", "/k")).toBe("GetObject");
    expect(actionOf("GET", "/k?uploadId=u")).toBe("ListParts");
    expect(actionOf("GET", "/k?tagging")).toBe("GetObjectTagging");
    expect(actionOf("POST", "/k?uploads")).toBe("CreateMultipartUpload");
    expect(actionOf("POST", "/k?uploadId=u")).toBe("CompleteMultipartUpload");
    expect(actionOf("DELETE", "/k")).toBe("DeleteObject");
    expect(actionOf("DELETE", "/k?uploadId=u")).toBe("AbortMultipartUpload");
  });

  it("distinguishes S3's bucket actions by their fixed parameters", () => {
    expect(actionOf("GET", "/?list-type=2&prefix=a")).toBe("ListObjectsV2");
    expect(actionOf("GET", "/?versions")).toBe("ListObjectVersions");
    expect(actionOf("GET", "/?versioning")).toBe("GetBucketVersioning");
    expect(actionOf("GET", "/?location")).toBe("GetBucketLocation");
    expect(actionOf("POST", "/?delete")).toBe("DeleteObjects");
  });

  it("keeps the slashes of a greedy label and decodes it", () => {
    const match = matchRoute(routes, {
      method: "GET",
      path: "//a%2Fb/c%20d/",
      query: new URLSearchParams(),
      headers: {},
    });
    expect(match?.labels).toEqual({ Key: "/a/b/c d/" });
  });

  it("matches nothing for a method without operations", () => {
    expect(actionOf("PATCH", "/k")).toBeUndefined();
  });
});
