import { type IncomingMessage, request as sendRequest } from "node:http";
import type { Duplex } from "node:stream";
import type { CustomOrigin } from "../configuration/distribution.ts";
import type { EdgeRequest, EdgeResponse } from "../exchange/exchange.ts";
import { letFail } from "../exchange/let-fail.ts";
import { originError, originHeaders, originPath, responseFields } from "./custom-origin.ts";

/** Forwards a WebSocket handshake. Resolves with the origin's 101 and its socket, or with its other response. */
export function connectWebSocket(
  port: number,
  origin: CustomOrigin,
  request: EdgeRequest,
  signal: AbortSignal,
): Promise<EdgeResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = sendRequest({
      host: "127.0.0.1",
      port,
      method: "GET",
      path: originPath(origin.path, request),
      headers: [...originHeaders(request, origin), "connection", "Upgrade", "upgrade", "websocket"],
      agent: false,
      timeout: origin.readTimeoutSeconds * 1000,
      signal,
    });
    outgoing.on("timeout", () =>
      outgoing.destroy(Object.assign(new Error("timeout"), { code: "UND_ERR_HEADERS_TIMEOUT" })),
    );
    outgoing.on("error", (error) => reject(originError(error, origin, signal)));
    outgoing.on("upgrade", (answer: IncomingMessage, socket: Duplex, head: Buffer) => {
      outgoing.setTimeout(0);
      resolve({
        status: 101,
        fields: responseFields(answer.rawHeaders),
        body: undefined,
        tunnel: { socket, head },
        cacheResult: "Miss",
      });
    });
    outgoing.on("response", (answer: IncomingMessage) => {
      letFail(answer);
      const status = answer.statusCode!;
      const fields = responseFields(answer.rawHeaders);
      resolve({ status, fields, body: answer, cacheResult: status >= 400 ? "Error" : "Miss" });
    });
    outgoing.end();
  });
}
