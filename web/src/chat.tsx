import { type FormEvent, useEffect, useRef, useState } from "react";

interface Echo {
  served: string;
  echo: string;
  id: number;
}

/** Number of messages shown. */
const KEPT = 4;
/** Delay before the first reconnect. It doubles with each attempt, up to the maximum. */
const RETRY_MS = 1000;
const RETRY_MAX_MS = 30_000;

/** Shows echoes from a WebSocket, each with the version that sent it. Reconnects after each close. */
export function Chat() {
  const [echoes, setEchoes] = useState<Echo[]>([]);
  const [open, setOpen] = useState(false);
  const socket = useRef<WebSocket>(undefined);

  useEffect(() => {
    let retry: ReturnType<typeof setTimeout>;
    let waitMs = RETRY_MS;
    const connect = (): void => {
      const connection = new WebSocket(`${location.origin.replace("http", "ws")}/api/socket`);
      socket.current = connection;
      connection.onopen = () => {
        waitMs = RETRY_MS;
        setOpen(true);
      };
      connection.onmessage = ({ data }) => {
        const echo = JSON.parse(data) as Omit<Echo, "id">;
        setEchoes((before) => [...before.slice(1 - KEPT), { ...echo, id: (before.at(-1)?.id ?? 0) + 1 }]);
      };
      connection.onclose = () => {
        setOpen(false);
        retry = setTimeout(connect, waitMs);
        waitMs = Math.min(2 * waitMs, RETRY_MAX_MS);
      };
    };
    connect();
    return () => {
      clearTimeout(retry);
      if (socket.current) socket.current.onclose = null;
      socket.current?.close();
    };
  }, []);

  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get("text"));
    if (socket.current?.readyState !== WebSocket.OPEN) return;
    socket.current.send(text);
    event.currentTarget.reset();
  };

  return (
    <section aria-labelledby="chat-heading">
      <h2 id="chat-heading">
        Chat echo{" "}
        <span className="state" data-open={open}>
          {open ? "connected" : "not connected"}
        </span>
      </h2>
      <div className="log" role="log" aria-label="Echoes" data-testid="echo">
        {echoes.length === 0 && <p className="hint">No messages yet.</p>}
        {echoes.map(({ id, echo, served }) => (
          <p key={id}>{`“${echo}”, echoed by ${served}`}</p>
        ))}
      </div>
      <form onSubmit={send}>
        <label className="wide">
          Say <input name="text" required placeholder="hello" autoComplete="off" />
        </label>
        <button type="submit" disabled={!open}>
          Send
        </button>
      </form>
    </section>
  );
}
