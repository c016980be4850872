import { once } from "node:events";
import { request } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseHttpAnswer } from "../src/route/http-answer.ts";

const OK = "HTTP/1.1 200 OK\r\n";

describe("parseHttpAnswer()", () => {
  it("reads an answer as SSM sends it", () => {
    const body = '{"Parameter":{"Value":"ü"}}';
    const bytes = Buffer.from(body).toString("latin1");
    const answer = `${OK}Server: Server\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: ${bytes.length}\r\nConnection: keep-alive\r\n\r\n${bytes}`;
    expect(parseHttpAnswer(answer)).toEqual({ status: 200, body, keepsAlive: true });
  });

  it("reads chunks with extensions and trailers", () => {
    const answer = `${OK}transfer-encoding: Chunked\r\n\r\n4;x="y"\r\nWiki\r\n5\r\npedia\r\n0\r\nx-sum: 1\r\n\r\n`;
    expect(parseHttpAnswer(answer)).toEqual({ status: 200, body: "Wikipedia", keepsAlive: true });
  });

  it("passes over interim answers", () => {
    const answer = `HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 400 \r\ncontent-length: 2\r\n\r\n{}`;
    expect(parseHttpAnswer(answer)).toEqual({ status: 400, body: "{}", keepsAlive: true });
  });

  it("keeps no connection that says that it closes", () => {
    expect(parseHttpAnswer(`${OK}Connection: Close\r\ncontent-length: 0\r\n\r\n`)?.keepsAlive).toBe(false);
  });

  it.each([
    ["another protocol", "SSH-2.0-OpenSSH_9\r\n\r\n"],
    ["an older version", "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n"],
    ["no length", `${OK}\r\n`],
    ["two lengths", `${OK}content-length: 1\r\nContent-Length: 2\r\n\r\nab`],
    ["a length that is none", `${OK}content-length: 0x2\r\n\r\nab`],
    ["a length and chunks", `${OK}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ["an encoding that is unknown here", `${OK}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ["a header on two lines", `${OK}a: b\r\n c\r\ncontent-length: 0\r\n\r\n`],
    ["a blank before the colon", `${OK}content-length : 0\r\n\r\n`],
    ["a line feed in a header", `${OK}a: b\nc: d\r\ncontent-length: 0\r\n\r\n`],
    ["a change of protocols", "HTTP/1.1 101 Switching Protocols\r\n\r\n"],
    ["an answer that has no body by its status", "HTTP/1.1 204 No Content\r\ncontent-length: 1\r\n\r\na"],
    ["a chunk longer than it says", `${OK}transfer-encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n`],
    ["a negative chunk", `${OK}transfer-encoding: chunked\r\n\r\n-1\r\n\r\n`],
    ["more than was announced", `${OK}content-length: 0\r\n\r\n!`],
    ["a length beyond all sense", `${OK}content-length: 65537\r\n\r\n`],
    ["a chunk beyond all sense", `${OK}transfer-encoding: chunked\r\n\r\n10001\r\n`],
    ["a head without end", `${OK}a: ${"b".repeat(17_000)}`],
    ["a chunk's line without end", `${OK}transfer-encoding: chunked\r\n\r\n1;${"b".repeat(17_000)}`],
  ])("refuses %s", (_what, answer) => {
    expect(() => parseHttpAnswer(answer)).toThrow(/the answer/);
  });
});

/** An answer, and what is to be read from it. */
interface Sent {
  bytes: string;
  status: number;
  body: string;
}

const body = fc
  .string({ unit: "binary", maxLength: 200 })
  .map((text) => Buffer.from(text).toString("latin1"));
const status = fc.integer({ min: 200, max: 599 }).filter((one) => one !== 204 && one !== 304);
const fields = fc
  .array(fc.tuple(fc.constantFrom("Date", "x-amzn-RequestId", "Server"), fc.stringMatching(/^[!-~]{0,9}$/)), {
    maxLength: 3,
  })
  .map((all) => all.map(([name, value]) => `${name}: ${value}\r\n`).join(""));
const interim = fc.constantFrom(
  "",
  "HTTP/1.1 100 Continue\r\n\r\n",
  "HTTP/1.1 103 Early Hints\r\nx: a\r\n\r\n",
);
const pieces = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 5 });
const trailer = fc.constantFrom("", "x-sum: 1\r\n");

const sent: fc.Arbitrary<Sent> = fc
  .record({ body, status, fields, interim, pieces: fc.option(pieces, { nil: undefined }), trailer })
  .map(({ body, status, fields, interim, pieces, trailer }) => {
    const head = `${interim}HTTP/1.1 ${status} Word\r\n${fields}`;
    const framed =
      pieces === undefined
        ? `Content-Length: ${body.length}\r\n\r\n${body}`
        : `Transfer-Encoding: chunked\r\n\r\n${chunks(body, pieces)}0\r\n${trailer}\r\n`;
    return { bytes: head + framed, status, body: Buffer.from(body, "latin1").toString() };
  });

function chunks(body: string, pieces: number[]): string {
  let text = "";
  let at = 0;
  for (const size of [...pieces, body.length]) {
    const piece = body.slice(at, at + size);
    if (piece !== "") text += `${piece.length.toString(16)}\r\n${piece}\r\n`;
    at += size;
  }
  return text;
}

describe("parseHttpAnswer(), whatever is sent", () => {
  it("waits for the last byte, and then reads what was sent", () => {
    fc.assert(
      fc.property(sent, ({ bytes, status, body }) => {
        for (let end = 0; end < bytes.length; end++)
          expect(parseHttpAnswer(bytes.slice(0, end))).toBeUndefined();
        expect(parseHttpAnswer(bytes)).toEqual({ status, body, keepsAlive: true });
      }),
      { numRuns: 300 },
    );
  });

  describe("beside Node's own client", () => {
    let server: Server;
    let bytes = "";
    beforeAll(async () => {
      server = createServer((socket) => {
        socket.on("error", () => {});
        socket.once("data", () => socket.end(bytes, "latin1"));
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    });
    afterAll(() => server.close());

    /** What Node reads, or that it refuses. */
    function readByNode(): Promise<{ status: number; body: string } | "refused"> {
      const { port } = server.address() as AddressInfo;
      return new Promise((resolve) => {
        const outgoing = request({ port, host: "127.0.0.1", method: "POST", agent: false }, (incoming) => {
          let body = "";
          incoming.setEncoding("utf8");
          incoming.on("data", (text) => (body += text));
          incoming.on("end", () => resolve({ status: incoming.statusCode!, body }));
          incoming.on("error", () => resolve("refused"));
        });
        outgoing.on("error", () => resolve("refused"));
        outgoing.end("{}");
      });
    }

    it("reads nothing that Node reads otherwise, when bytes are changed on their way", async () => {
      const change = fc.tuple(
        fc.nat(),
        fc.constantFrom("", "\r", "\n", " ", ":", "0", "9", "a", "\r\n", "\0"),
      );
      let read = 0;
      await fc.assert(
        fc.asyncProperty(sent, fc.array(change, { minLength: 1, maxLength: 3 }), async (one, changes) => {
          bytes = one.bytes;
          for (const [place, by] of changes) {
            const at = place % (bytes.length + 1);
            bytes = bytes.slice(0, at) + by + bytes.slice(at + 1);
          }
          let mine: ReturnType<typeof parseHttpAnswer>;
          try {
            mine = parseHttpAnswer(bytes);
          } catch (error) {
            expect((error as Error).message).toMatch(/^the (head of the )?answer /);
          }
          if (mine === undefined) return;
          read++;
          expect(await readByNode()).toEqual({ status: mine.status, body: mine.body });
        }),
        { numRuns: 1500 },
      );
      // Most changes fall into a body or a header's value, and are read as they are.
      expect(read).toBeGreaterThan(100);
    });
  });
});
