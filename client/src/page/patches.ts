type Owner = Record<string, unknown>;

const undos: (() => void)[] = [];

/**
 * Puts a proxy in the place of a native, on `holder` or whatever it inherits from: same name, length, prototype, statics,
 * `instanceof` and text. What this browser does not have is left as it is.
 */
export function replace(
  holder: object | undefined,
  name: string,
  handler: ProxyHandler<(...args: never[]) => unknown>,
): void {
  let owner = holder as Owner | null | undefined;
  while (owner && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
  if (!owner) return;
  const native = owner[name] as (...args: never[]) => unknown;
  const text = (): string => `${native}`;
  const proxy = new Proxy(native, {
    // A proxy's own text is "function () { [native code] }", without the name that some libraries look for.
    get: (target, key) => (key === "toString" ? text : (target as never)[key]),
    ...handler,
  });
  define(owner, name, proxy);
  if (handler.construct) define(native.prototype, "constructor", proxy);
}

/** Puts the natives back, where nobody else has wrapped them since. */
export function undoAll(): void {
  for (const undo of undos.splice(0)) undo();
}

function define(owner: Owner, name: string, value: unknown): void {
  const before = Object.getOwnPropertyDescriptor(owner, name)!;
  Object.defineProperty(owner, name, { ...before, value });
  undos.push(() => {
    if (owner[name] === value) Object.defineProperty(owner, name, before);
  });
}
