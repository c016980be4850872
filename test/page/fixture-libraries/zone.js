import "zone.js";

/** Expects callbacks of requests in the zone that sent them. Uses no `await`, which zones cannot follow. */
window.trial = () =>
  Zone.current.fork({ name: "mine" }).run(() => {
    const zones = [];
    const note = (value) => {
      zones.push(Zone.current.name);
      return value;
    };
    const later = (begin) => new Promise((resolve) => begin((value) => resolve(note(value))));
    const byFetch = fetch("/api/who")
      .then((response) => response.json())
      .then(({ served }) => note(served));
    const byXhr = later((done) => {
      const xhr = new XMLHttpRequest();
      xhr.open("GET", "/api/who");
      xhr.addEventListener("load", () => done(JSON.parse(xhr.responseText).served));
      xhr.send();
    });
    const bySocket = later((done) => {
      const socket = new WebSocket("/api/socket");
      socket.onmessage = ({ data }) => {
        socket.close();
        done(JSON.parse(data).served);
      };
    });
    const byEvents = later((done) => {
      const source = new EventSource("/api/events");
      source.addEventListener("message", ({ data }) => {
        source.close();
        done(data);
      });
    });
    return Promise.all([byFetch, byXhr, bySocket, byEvents]).then((served) => ({ served, feature: zones }));
  });
