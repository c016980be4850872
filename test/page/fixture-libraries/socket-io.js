import { io } from "socket.io-client";

/** Opens a session that upgrades from polling to WebSocket, and a session with polling only. */
window.trial = async () => {
  const served = [];
  const feature = [];
  for (const transports of [["polling", "websocket"], ["polling"]]) {
    const socket = io({ path: "/api/socket.io/", transports, forceNew: true });
    const tried = new Promise((resolve) => {
      socket.io.engine.once("upgrade", resolve);
      socket.io.engine.once("upgradeError", resolve);
    });
    await new Promise((resolve, reject) => {
      socket.on("connect", resolve);
      socket.on("connect_error", reject);
    });
    if (transports.length > 1) await tried;
    served.push(await socket.emitWithAck("who", "?"));
    feature.push(socket.io.engine.transport.name);
    socket.disconnect();
  }
  return { served, feature };
};
