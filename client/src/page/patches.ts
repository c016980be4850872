type Native = (...args: never[]) => unknown;

const undos: (() => void)[] = [];

/**
 * Puts a proxy in the place of a native, on `holder` or whatever it inherits from: same name, length, prototype, statics,
 * `instanceof` and text. What this browser does not have is left as it is.
 *
 * @param part `get` or `set` for an accessor
 */
export function replace(
  holder: object | undefined,
  name: string,
  handler: ProxyHandler<Native>,
  part: "value" | "get" | "set" = "value",
): void {
  let owner = holder;
  while (owner && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
  const before = owner && Object.getOwnPropertyDescriptor(owner, name);
  const native = before?.[part] as Native | undefined;
  if (!native) return;
  const text = (): string => `${native}`;
  const proxy = new Proxy(native, {
    // A proxy's own text is "function () { [native code] }", without the name that some libraries look for.
    get: (target, key) => (key === "toString" ? text : (target as never)[key]),
    ...handler,
  });
  const put = (descriptor: PropertyDescriptor, maker: Native): void => {
    Object.defineProperty(owner, name, descriptor);
    if (handler.construct) native.prototype.constructor = maker;
  };
  put({ ...before, [part]: proxy }, proxy);
  undos.push(() => {
    if (Object.getOwnPropertyDescriptor(owner, name)?.[part] === proxy) put(before!, native);
  });
}

/** Puts the natives back, except where other code has wrapped them since. */
export function undoAll(): void {
  for (const undo of undos.splice(0)) undo();
}
