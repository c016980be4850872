/**
 * Preload for processes of a stage whose clock was moved: `Date` is `LOCKSTEP_CLOCK_AHEAD_MS` ahead of this machine's clock. Timers
 * are not changed. The process's own code does not know.
 */
const aheadMs = Number(process.env.LOCKSTEP_CLOCK_AHEAD_MS);
const RealDate = Date;
const now = (): number => RealDate.now() + aheadMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
});
