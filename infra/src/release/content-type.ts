import { lookup } from "mrmime";

/** Names that say nothing by their end. The first one must be exactly this type (Apple, "Supporting associated domains"). */
const BY_NAME: Readonly<Record<string, string>> = {
  "apple-app-site-association": "application/json",
  "openid-configuration": "application/json",
  "oauth-authorization-server": "application/json",
};
const TEXT =
  /^text\/|^application\/(javascript|json|xml|rss\+xml|atom\+xml|ld\+json|manifest\+json)$|^image\/svg\+xml$/;

/** The content type of a file by its name; text is UTF-8. `application/octet-stream` where the name says nothing. */
export function contentTypeOf(name: string): string {
  const last = name.slice(name.lastIndexOf("/") + 1);
  const known = Object.hasOwn(BY_NAME, last) ? BY_NAME[last] : undefined;
  if (known !== undefined) return known;
  // Its table is a plain object: of a file named "constructor" it gives a function.
  const found: unknown = last.endsWith(".map") ? "application/json" : lookup(last);
  const type = typeof found === "string" ? found : "application/octet-stream";
  return TEXT.test(type) ? `${type}; charset=utf-8` : type;
}
