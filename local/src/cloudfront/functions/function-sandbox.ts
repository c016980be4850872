/**
 * Runs CloudFront Functions (cloudfront-js-2.0), one sandbox per function and edge.
 *
 * **Gaps**: the engine is V8, which accepts more syntax than CloudFront does; the compute and memory quotas are not
 * measured, so an endless loop hangs; `cf.updateRequestOrigin` and related methods are refused.
 * **By design**: every call starts with new module state and a `Date` that does not advance; only documented globals
 * exist; assigning to an undeclared variable throws, as in CloudFront's engine.
 */
import { createHash, createHmac } from "node:crypto";
import querystring from "node:querystring";
import vm from "node:vm";

export interface SandboxOptions {
  /** For messages and stack traces. */
  name: string;
  code: string;
  /** Milliseconds since the epoch. */
  now(): number;
  log(line: string): void;
  /** Returns the current keys of the associated KeyValueStore; undefined if none is associated. */
  keyValues(): ReadonlyMap<string, string> | undefined;
}

export interface FunctionSandbox {
  /** Runs `handler(event)` to its end. Rejects with the error that the function throws. */
  call(event: unknown): Promise<unknown>;
}

/** Time limit of a function's promise, which may never settle. CloudFront's limit is far shorter. */
const PENDING_LIMIT_MS = 5_000;

/** Listed in "JavaScript runtime 2.0 features for CloudFront Functions". */
const GLOBALS = new Set(
  `Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Promise RegExp Error
  EvalError RangeError ReferenceError SyntaxError TypeError URIError globalThis JSON Math ArrayBuffer Uint8Array
  Int8Array Uint16Array Int16Array Uint32Array Int32Array Uint8ClampedArray Float32Array Float64Array DataView
  decodeURI decodeURIComponent encodeURI encodeURIComponent isFinite isNaN`.split(/\s+/),
);

export function createFunctionSandbox(options: SandboxOptions): FunctionSandbox {
  const factory = compile(options.name, options.code);
  const modules = createModules(options);
  const console = createConsole(options.log);
  return {
    async call(event) {
      const handler = factory(
        modules,
        fixedDate(options.now()),
        console,
        Buffer,
        atob,
        btoa,
        TextEncoder,
        TextDecoder,
      );
      const result = handler(event);
      return isThenable(result) ? await settled(result, options.name) : result;
    },
  };
}

type Factory = (...injected: unknown[]) => (event: unknown) => unknown;

function compile(name: string, code: string): Factory {
  const context = vm.createContext(vm.constants.DONT_CONTEXTIFY, {
    name,
    codeGeneration: { strings: false, wasm: false },
  });
  const hidden = (vm.runInContext("Object.getOwnPropertyNames(globalThis)", context) as string[]).filter(
    (global) => !GLOBALS.has(global),
  );
  vm.runInContext(
    `for (const name of ${JSON.stringify(hidden)}) delete globalThis[name]; Object.freeze(globalThis);`,
    context,
  );
  // On the first line of the code, so that line numbers in stack traces match the function's.
  const head = `"use strict";(function(require, Date, console, Buffer, atob, btoa, TextEncoder, TextDecoder) {`;
  const body = code.replaceAll(
    /^[ \t]*import\s+([A-Za-z_$][\w$]*)\s+from\s*(["'])([\w:-]+)\2[ \t]*;?/gm,
    'const $1 = require("$3");',
  );
  const script = new vm.Script(`${head}${body}\n;return handler;})`, {
    filename: `cloudfront-function:${name}`,
  });
  return script.runInContext(context) as Factory;
}

function createModules(options: SandboxOptions): (id: string) => unknown {
  const cloudfront = Object.freeze({
    kvs: () => keyValueStoreHandle(options),
    updateRequestOrigin: refused("updateRequestOrigin"),
    selectRequestOriginById: refused("selectRequestOriginById"),
    createRequestOriginGroup: refused("createRequestOriginGroup"),
  });
  const modules = new Map<string, unknown>([
    ["cloudfront", cloudfront],
    ["crypto", Object.freeze({ createHash, createHmac })],
    ["querystring", querystring],
    ["buffer", Object.freeze({ Buffer })],
  ]);
  return (id) => {
    const module = modules.get(id);
    if (module === undefined) throw new Error(`Cannot find module "${id}"`);
    return module;
  };
}

function refused(name: string): () => never {
  return () => {
    throw new Error(`NotImplemented: cf.${name} is not implemented by the local AWS.`);
  };
}

/**
 * Returns the result of `cf.kvs()`. As in CloudFront, `get` rejects for a missing key; an uncaught rejection causes a
 * 503.
 */
function keyValueStoreHandle(options: SandboxOptions) {
  if (options.keyValues() === undefined)
    throw new Error(`No KeyValueStore is associated with the function ${options.name}.`);
  const items = () => options.keyValues()!;
  return Object.freeze({
    async get(key: string, { format = "string" }: { format?: "string" | "json" | "bytes" } = {}) {
      const value = items().get(key);
      if (value === undefined) throw new Error(`KeyNotFound: no key "${key}" in the KeyValueStore`);
      if (format === "json") return JSON.parse(value);
      return format === "bytes" ? Buffer.from(value) : value;
    },
    async exists(key: string) {
      return items().has(key);
    },
    async count() {
      return items().size;
    },
    async meta() {
      return { keyCount: items().size };
    },
  });
}

function createConsole(log: (line: string) => void) {
  const write = (...values: unknown[]) =>
    log(values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(" "));
  return Object.freeze({ log: write, info: write, warn: write, error: write, debug: write });
}

/** Returns a `Date` whose current time is always `now`. */
function fixedDate(now: number): unknown {
  function FixedDate(this: unknown, ...parts: unknown[]) {
    if (new.target === undefined) return new Date(now).toString();
    return parts.length === 0 ? new Date(now) : Reflect.construct(Date, parts);
  }
  FixedDate.prototype = Date.prototype;
  FixedDate.now = () => now;
  FixedDate.parse = Date.parse;
  FixedDate.UTC = Date.UTC;
  return FixedDate;
}

async function settled(promise: PromiseLike<unknown>, name: string): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`The function ${name} was still waiting after ${PENDING_LIMIT_MS} ms.`)),
      PENDING_LIMIT_MS,
    );
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function"
  );
}
