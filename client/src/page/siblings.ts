import type { News } from "./hub.ts";

const CHANNEL = "lockstep";

/** What tabs and workers of one browser tell each other: news, or a version that is gone. Each keeps its own version. */
type Message = News | string;

/** Joins the other tabs of this browser; returns how to tell them something. */
export function joinSiblings(
  scope: typeof globalThis,
  hear: (message: Message) => void,
): (message: Message) => void {
  let channel: BroadcastChannel | undefined;
  const join = (): void => {
    channel ??= new BroadcastChannel(CHANNEL);
    channel.onmessage = ({ data }) => hear(data);
  };
  join();
  scope.addEventListener("pageshow", join);
  scope.addEventListener("pagehide", () => {
    channel?.close(); // an open channel would keep the page out of the back/forward cache
    channel = undefined;
  });
  return (message) => channel?.postMessage(message);
}
