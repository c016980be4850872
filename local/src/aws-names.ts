/**
 * Redirects AWS's host names to this machine, in a process that uses the local AWS through `AWS_ENDPOINT_URL`. Load it
 * with `node --import`, or, for the genuine cdk, with `NODE_OPTIONS`:
 *
 * node --import <this file> …
 *
 * - `*.localhost` resolves to 127.0.0.1. glibc resolves only `localhost`, but SDK clients prepend bucket names (S3) and
 *   the account (KeyValueStore) to the endpoint's name.
 * - Requests of `node:https` and `fetch` to `https://<anything>.amazonaws.com` go to the endpoint. `node:https` keeps
 *   the original name in `Host`, and `fetch` sends it in `x-forwarded-host`. This covers the response URLs of custom
 *   resources and the host names of image registries, which no environment variable redirects.
 *
 * The file imports only Node's own modules, because it is loaded first, in processes without this package's
 * dependencies.
 */
import dns from "node:dns";
import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";

type LookupCallback = (error: Error | null, ...answer: unknown[]) => void;

resolveLocalhostNames();
if (process.env.AWS_ENDPOINT_URL?.startsWith("http:"))
  redirectAmazonNames(new URL(process.env.AWS_ENDPOINT_URL));
syncBuiltinESMExports();

function resolveLocalhostNames(): void {
  const { lookup } = dns;
  const lookupPromise = dns.promises.lookup;
  dns.lookup = ((hostname: string, options: any, callback?: LookupCallback) => {
    if (!isLocalName(hostname)) return (lookup as (...args: unknown[]) => void)(hostname, options, callback);
    const answer = callback ?? (options as LookupCallback);
    if (options?.all) process.nextTick(answer, null, [LOOPBACK]);
    else process.nextTick(answer, null, LOOPBACK.address, LOOPBACK.family);
  }) as typeof dns.lookup;
  dns.promises.lookup = (async (hostname: string, options?: any) => {
    if (!isLocalName(hostname)) return lookupPromise(hostname, options);
    return options?.all ? [LOOPBACK] : LOOPBACK;
  }) as typeof dns.promises.lookup;
}

const LOOPBACK = { address: "127.0.0.1", family: 4 };

function isLocalName(hostname: unknown): boolean {
  return typeof hostname === "string" && /(^|\.)localhost\.?$/i.test(hostname);
}

function redirectAmazonNames(endpoint: URL): void {
  const { request } = https;
  https.request = ((...args: unknown[]) => {
    const { options, callback } = readArguments(args);
    const name = String(options.hostname ?? options.host ?? "").replace(/:\d+$/, "");
    if (!isAmazonName(name)) return (request as (...args: unknown[]) => http.ClientRequest)(...args);
    return http.request(toEndpoint(options, name, endpoint), callback);
  }) as typeof https.request;
  https.get = ((...args: Parameters<typeof https.request>) =>
    https.request(...args).end()) as typeof https.get;
  redirectFetch(endpoint);
}

function isAmazonName(name: string): boolean {
  return name.toLowerCase().endsWith(".amazonaws.com");
}

/** Converts `request(url, options?, callback?)` and `request(options, callback?)` to one options object. */
function readArguments(args: unknown[]): {
  options: https.RequestOptions;
  callback?: (response: http.IncomingMessage) => void;
} {
  const rest = [...args];
  const fromUrl: https.RequestOptions = {};
  if (typeof rest[0] === "string" || rest[0] instanceof URL) {
    const url = new URL(rest.shift() as string);
    Object.assign(fromUrl, { hostname: url.hostname, path: url.pathname + url.search });
  }
  const options = typeof rest[0] === "object" && rest[0] !== null ? (rest.shift() as object) : {};
  return { options: { ...fromUrl, ...options }, callback: rest[0] as never };
}

function toEndpoint(options: https.RequestOptions, name: string, endpoint: URL): http.RequestOptions {
  const own = Array.isArray(options.headers) ? {} : (options.headers ?? {});
  const named = Object.keys(own).some((header) => header.toLowerCase() === "host");
  return {
    ...options,
    // An https agent refuses http, and the port and TLS server name of the original request do not apply to the
    // endpoint.
    agent: undefined,
    protocol: "http:",
    host: endpoint.hostname,
    hostname: endpoint.hostname,
    port: endpoint.port || 80,
    defaultPort: undefined,
    headers: Array.isArray(options.headers) ? options.headers : named ? own : { ...own, host: name },
  };
}

/**
 * Redirects `fetch`. The original host name goes to `x-forwarded-host`, because `fetch` sets `Host` itself. The native
 * `fetch` is read only on the first call, because reading it loads a whole HTTP client.
 */
function redirectFetch(endpoint: URL): void {
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, "fetch")!;
  const original = (): typeof fetch => (descriptor.get ? descriptor.get.call(globalThis) : descriptor.value);
  const replacement: typeof fetch = (input, init) => {
    const target = new URL(input instanceof Request ? input.url : input);
    if (target.protocol !== "https:" || !isAmazonName(target.hostname)) return original()(input, init);
    const url = new URL(target.pathname + target.search, endpoint);
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    headers.set("x-forwarded-host", target.hostname);
    if (!(input instanceof Request)) return original()(url, { ...init, headers });
    const { method, body, signal, redirect } = input;
    return original()(url, {
      method,
      body,
      signal,
      redirect,
      duplex: "half",
      ...init,
      headers,
    } as RequestInit);
  };
  Object.defineProperty(globalThis, "fetch", { value: replacement, writable: true, configurable: true });
}
