/** Ends a request with a 4xx whose message is for the client. */
export function refuse(status: 400 | 404 | 413 | 422, message: string): never {
  throw Object.assign(new Error(message), { status, expose: true });
}
