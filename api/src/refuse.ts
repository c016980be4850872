/** Throws an error that becomes a 4xx response with this message. */
export function refuse(status: 400 | 404 | 413 | 422, message: string): never {
  throw Object.assign(new Error(message), { status, expose: true });
}
