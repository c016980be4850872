/** The head of an answer of SSM has some ten short lines. */
const HEAD_MAX_CHARACTERS = 16_384;
/** An SSM answer with the largest parameter is 8 KB of value, escaped, and a few hundred bytes around it. */
const BODY_MAX_CHARACTERS = 65_536;

const STATUS_LINE = /^HTTP\/1\.1 (\d{3})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD_LINE = /^([!#$%&'*+\-.^_`|~\w]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/;
const CHUNK_LINE = /^([0-9a-fA-F]{1,6})(?:[\t ]*;[\t\x20-\x7e]*)?$/;

export interface HttpAnswer {
  status: number;
  body: string;
  /** Whether another request may follow on the connection. */
  keepsAlive: boolean;
}

/**
 * Reads one answer to a POST (RFC 9112) from all that was received so far; `undefined` while more has to come.
 *
 * It is strict where HTTP leaves room: a length must be given, one way and once. Loading Node's own client costs a cold start
 * more than all the rest of a read (docs/decisions/022), and this side talks to one server, whose certificate it has checked.
 *
 * @param received one character per byte (`latin1`); the body is returned as UTF-8
 * @throws RangeError or SyntaxError on an answer that is too large, or not of this form
 */
export function parseHttpAnswer(received: string): HttpAnswer | undefined {
  const headEnd = received.indexOf("\r\n\r\n");
  if ((headEnd === -1 ? received.length : headEnd) > HEAD_MAX_CHARACTERS)
    throw new RangeError("the head of the answer is too large");
  if (headEnd === -1) return undefined;
  const [statusLine, ...fieldLines] = received.slice(0, headEnd).split("\r\n");
  const status = Number(STATUS_LINE.exec(statusLine!)?.[1] ?? malformed("its status line"));
  const rest = received.slice(headEnd + 4);
  const fields = parseFields(fieldLines);
  // Answers with other rules for their end, which SSM never gives.
  if (status === 101 || status === 204 || status === 304 || status < 100) malformed("its status");
  // An interim answer (RFC 9110, 15.2): the final one follows.
  if (status < 200) return parseHttpAnswer(rest);
  const framed = fields["transfer-encoding"] === undefined ? byLength(rest, fields) : byChunks(rest, fields);
  if (framed === undefined) return undefined;
  if (framed.length < rest.length) malformed("it goes on after its end");
  return {
    status,
    body: Buffer.from(framed.body, "latin1").toString(),
    keepsAlive: !/\bclose\b/i.test(fields.connection ?? ""),
  };
}

type Fields = Record<string, string | undefined>;

/** The body as it was sent, and how much of what was received it took. */
interface Framed {
  body: string;
  length: number;
}

function parseFields(lines: readonly string[]): Fields {
  const fields: Fields = Object.create(null);
  for (const line of lines) {
    const [, name, value] = FIELD_LINE.exec(line) ?? malformed("a header");
    const key = name!.toLowerCase();
    fields[key] = fields[key] === undefined ? value! : `${fields[key]}, ${value}`;
  }
  return fields;
}

function byLength(rest: string, fields: Fields): Framed | undefined {
  const declared = fields["content-length"];
  if (declared === undefined || !/^\d{1,9}$/.test(declared)) malformed("its length");
  const length = Number(declared);
  if (length > BODY_MAX_CHARACTERS) tooLarge();
  return rest.length < length ? undefined : { body: rest.slice(0, length), length };
}

function byChunks(rest: string, fields: Fields): Framed | undefined {
  if (fields["transfer-encoding"]!.toLowerCase() !== "chunked" || fields["content-length"] !== undefined)
    malformed("its encoding");
  let body = "";
  let at = 0;
  while (true) {
    const lineEnd = rest.indexOf("\r\n", at);
    if (lineEnd === -1) return rest.length - at > HEAD_MAX_CHARACTERS ? malformed("a chunk") : undefined;
    const size = Number.parseInt(CHUNK_LINE.exec(rest.slice(at, lineEnd))?.[1] ?? malformed("a chunk"), 16);
    at = lineEnd + 2;
    if (size === 0) break;
    if (body.length + size > BODY_MAX_CHARACTERS) tooLarge();
    if (rest.length < at + size + 2) return undefined;
    body += rest.slice(at, at + size);
    at += size;
    if (!rest.startsWith("\r\n", at)) malformed("a chunk");
    at += 2;
  }
  // Trailers end as a head does; without any, the line break of the last chunk is followed by another.
  const end = rest.startsWith("\r\n", at) ? at + 2 : rest.indexOf("\r\n\r\n", at) + 4;
  if (end < at + 2) return rest.length - at > HEAD_MAX_CHARACTERS ? malformed("a trailer") : undefined;
  if (end > at + 2) parseFields(rest.slice(at, end - 4).split("\r\n"));
  return { body, length: end };
}

function malformed(what: string): never {
  throw new SyntaxError(`the answer is not the HTTP that SSM speaks: ${what}`);
}

function tooLarge(): never {
  throw new RangeError("the answer of SSM is too large");
}
