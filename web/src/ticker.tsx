import { useEffect, useState } from "react";

interface Tick {
  at: string;
  tick: number;
}

/** Number of ticks in the bar. The server sends one tick a second. */
const BAR_TICKS = 20;

/** Shows server-sent events. Their stream stays open during a release. */
export function Ticker() {
  const [tick, setTick] = useState<Tick>();
  const [open, setOpen] = useState(false);

  useEffect(() => {
    const ticks = new EventSource("/api/ticker");
    ticks.onopen = () => setOpen(true);
    ticks.onmessage = (event) => setTick(JSON.parse(event.data) as Tick);
    ticks.onerror = () => setOpen(false);
    return () => ticks.close();
  }, []);

  const steps = Array.from({ length: BAR_TICKS }, (_, step) => step);
  return (
    <section aria-labelledby="ticker-heading">
      <h2 id="ticker-heading">
        Live ticker{" "}
        <span className="state" data-open={open}>
          {open ? "connected" : "not connected"}
        </span>
      </h2>
      <p className="clock">
        <span className="hint">Server time</span>{" "}
        <time data-testid="tick">{tick?.at.slice(11, 19) ?? "--:--:--"}</time>
      </p>
      <div className="bar" aria-hidden="true">
        {steps.map((step) => (
          <span key={step} data-on={tick !== undefined && step === tick.tick % BAR_TICKS} />
        ))}
      </div>
    </section>
  );
}
