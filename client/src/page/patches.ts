type Native = (...args: never[]) => unknown;

const undos: (() => void)[] = [];

/**
 * Replaces a native function with a proxy, on `holder` or the prototype that has it. Name, length, prototype, statics,
 * `instanceof` and text stay the same. Does nothing if this browser does not have the function.
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
    // The text of a proxy is "function () { [native code] }" without the name, which some libraries search for.
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

/** Restores the native functions, except those that other code has wrapped in the meantime. */
export function undoAll(): void {
  for (const undo of undos.splice(0)) undo();
}
