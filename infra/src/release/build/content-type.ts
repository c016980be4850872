import { lookup } from "mrmime";

/** Files without an extension. The first one must have exactly this type (Apple, "Supporting associated domains"). */
const BY_NAME: Readonly<Record<string, string>> = {
  "apple-app-site-association": "application/json",
  "openid-configuration": "application/json",
  "oauth-authorization-server": "application/json",
  "oauth-protected-resource": "application/json",
  "openid-credential-issuer": "application/json",
};
/** Files below `.well-known/`, with the types that their specifications require (IANA, "Well-Known URIs"). */
const WELL_KNOWN: Readonly<Record<string, string>> = {
  webauthn: "application/json",
  "passkey-endpoints": "application/json",
  "web-identity": "application/json",
  nodeinfo: "application/json",
  "smart-configuration": "application/json",
  "matrix/client": "application/json",
  "matrix/server": "application/json",
  "matrix/support": "application/json",
  "traffic-advice": "application/trafficadvice+json",
  "host-meta": "application/xrd+xml",
};
/** Types by extension that mrmime lacks (vendor types and unregistered ones), for files that need their type. */
const BY_EXTENSION: Readonly<Record<string, string>> = {
  map: "application/json",
  cjs: "text/javascript",
  ico: "image/vnd.microsoft.icon",
  cur: "image/vnd.microsoft.icon",
  vcf: "text/vcard",
  srt: "text/plain",
  ndjson: "application/x-ndjson",
  jsonl: "application/x-ndjson",
  plist: "application/xml",
  tgz: "application/gzip",
  "7z": "application/x-7z-compressed",
  flac: "audio/flac",
  m3u8: "application/vnd.apple.mpegurl",
  eot: "application/vnd.ms-fontobject",
  usdz: "model/vnd.usdz+zip",
  apk: "application/vnd.android.package-archive",
  pkpass: "application/vnd.apple.pkpass",
  mobileconfig: "application/x-apple-aspen-config",
  xpi: "application/x-xpinstall",
  crx: "application/x-chrome-extension",
  kml: "application/vnd.google-earth.kml+xml",
  kmz: "application/vnd.google-earth.kmz",
  doc: "application/msword",
  xls: "application/vnd.ms-excel",
  ppt: "application/vnd.ms-powerpoint",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  odt: "application/vnd.oasis.opendocument.text",
  ods: "application/vnd.oasis.opendocument.spreadsheet",
};
const TEXT =
  /^text\/|^application\/(javascript|json|xml|rss\+xml|atom\+xml|ld\+json|manifest\+json)$|^image\/svg\+xml$/;

/** The content type of a file by its name. Text is UTF-8. Default `application/octet-stream`. */
export function contentTypeOf(name: string): string {
  const last = name.slice(name.lastIndexOf("/") + 1);
  const known =
    ownValue(BY_NAME, last) ?? ownValue(WELL_KNOWN, /(?:^|\/)\.well-known\/(.+)$/.exec(name)?.[1] ?? "");
  if (known !== undefined) return known;
  const dot = last.lastIndexOf(".");
  // A name without a dot is not an extension: a file may be called "json".
  const extension = dot === -1 ? "" : last.slice(dot + 1).toLowerCase();
  // The table of mrmime is a plain object: for "constructor" it returns a function.
  const found: unknown = ownValue(BY_EXTENSION, extension) ?? lookup(extension);
  const type = typeof found === "string" ? found : "application/octet-stream";
  return TEXT.test(type) ? `${type}; charset=utf-8` : type;
}

function ownValue(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
