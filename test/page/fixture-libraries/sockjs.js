import SockJS from "sockjs-client";

/** Sends an echo over each transport that is pinned according to docs/page.md. */
window.trial = async () => {
  const served = [];
  const feature = [];
  for (const transport of ["websocket", "xhr-streaming", "xhr-polling"]) {
    const socket = new SockJS("/api/sockjs", undefined, { transports: [transport] });
    const answer = await new Promise((resolve, reject) => {
      socket.onopen = () => socket.send("hello");
      socket.onmessage = ({ data }) => resolve(JSON.parse(data));
      socket.onclose = ({ code, reason }) => reject(new Error(`${transport}: ${code} ${reason}`));
    });
    socket.onclose = null;
    served.push(answer.served);
    feature.push(`${socket.transport} ${answer.echo}`);
    socket.close();
  }
  return { served, feature };
};
