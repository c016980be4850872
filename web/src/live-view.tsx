import { type FormEvent, useEffect, useRef, useState } from "react";
import { page } from "./page.ts";

/** Two connections that stay open through a release: server-sent events and a WebSocket, pinned by their address. */
export function LiveView() {
  const [tick, setTick] = useState<string>();
  const [echo, setEcho] = useState<{ served: string; echo: string }>();
  const socket = useRef<WebSocket>(undefined);

  useEffect(() => {
    const ticks = new EventSource(page.url("/api/ticker"));
    ticks.onmessage = (event) => setTick((JSON.parse(event.data) as { at: string }).at);
    return () => ticks.close();
  }, []);

  useEffect(() => {
    const connection = new WebSocket(page.url("/api/socket").replace(/^http/, "ws"));
    connection.onmessage = (event) => setEcho(JSON.parse(event.data));
    socket.current = connection;
    return () => connection.close();
  }, []);

  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get("text"));
    if (socket.current?.readyState === WebSocket.OPEN) socket.current.send(text);
    event.currentTarget.reset();
  };

  return (
    <section aria-labelledby="live-heading">
      <h2 id="live-heading">Live</h2>
      <p>
        Server time <time data-testid="tick">{tick?.slice(11, 19) ?? "--:--:--"}</time>
      </p>
      <form onSubmit={send}>
        <label>
          Say <input name="text" required placeholder="hello" autoComplete="off" />
        </label>
        <button type="submit">Send</button>
      </form>
      <p className="echo" data-testid="echo">
        {echo === undefined ? "Nothing said yet." : `“${echo.echo}”, echoed by ${echo.served}`}
      </p>
    </section>
  );
}
