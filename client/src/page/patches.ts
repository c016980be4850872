type Owner = Record<string, unknown>;
type Handler = ProxyHandler<(...args: never[]) => unknown>;

/** Replaces natives in one global scope, and puts them back. */
export interface Patches {
  /**
   * Puts a proxy in the place of `scope[name]` (or of the method `name` of an object on `scope`): same name, length,
   * prototype, statics, `instanceof` and text. A browser that does not have it is left as it is.
   */
  replace(holder: object | undefined, name: string, handler: Handler): void;
  /** Puts the natives back, where nobody else has wrapped them since. */
  undo(): void;
}

export function createPatches(): Patches {
  const undos: (() => void)[] = [];
  const define = (owner: Owner, name: string, value: unknown): void => {
    const before = Object.getOwnPropertyDescriptor(owner, name)!;
    Object.defineProperty(owner, name, { ...before, value });
    undos.push(() => {
      if (owner[name] === value) Object.defineProperty(owner, name, before);
    });
  };
  return {
    replace(holder, name, handler) {
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
    },
    undo() {
      for (const undo of undos.splice(0)) undo();
    },
  };
}
