import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Balancer } from "./balancer.ts";
import type { FixedResponse } from "./routes.ts";

const SERVER = "awselb/2.0";

/** Returns the page that an ALB sends when it has no response from a target. */
function errorPage(status: number): string {
  const title = `${status} ${STATUS_CODES[status]}`;
  return (
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n` +
    `<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`
  );
}

/** Sends the load balancer's error page and counts it. */
export function answerError(balancer: Balancer, response: ServerResponse, status: number): void {
  balancer.metrics.balancerResponse(status, false);
  const body = errorPage(status);
  const headers = ["Server", SERVER, "Content-Type", "text/html", "Content-Length", String(body.length)];
  response.writeHead(status, headers);
  response.end(body);
}

/** Sends a rule's fixed response and counts it. */
export function answerFixed(balancer: Balancer, response: ServerResponse, action: FixedResponse): void {
  balancer.metrics.balancerResponse(action.status, true);
  const headers = ["Server", SERVER, "Content-Length", String(action.body.length)];
  if (action.body.length > 0) headers.push("Content-Type", action.contentType);
  response.writeHead(action.status, headers);
  response.end(action.body);
}

/** Returns the response to a malformed request. */
export function unreadableRequest(): string {
  const body = errorPage(400);
  return (
    `HTTP/1.1 400 Bad Request\r\nServer: ${SERVER}\r\nContent-Type: text/html\r\n` +
    `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
  );
}
