// Ways to request a service, for every engine. Each function runs in the page, with the globals of the page or of an
// empty frame.

type Scope = any;

/** Requests with `fetch`. */
export const FETCHES: Record<string, (scope: Scope) => Promise<unknown>> = {
  "a Request": (w) => w.fetch(new w.Request("/api/who?a=1&b=2&a=3&flag")).then((r: Response) => r.json()),
  "a Request with no-cors": (w) => w.fetch(new w.Request("/api/who", { mode: "no-cors" })),
  "a Request with no-cors and a body": (w) =>
    w.fetch(new w.Request("/api/who", { method: "POST", mode: "no-cors", body: "text" })),
  "a Request with text": (w) => w.fetch(new w.Request("/api/who", { method: "POST", body: "text" })),
  "a Request with a form": (w) => {
    const body = new w.URLSearchParams({ a: "b c" });
    return w.fetch(new w.Request("/api/who", { method: "PUT", body }));
  },
  "a Request with a blob": (w) => {
    const body = new w.Blob(["blob"], { type: "application/x-test; charset=UTF-8" });
    return w.fetch(new w.Request("/api/who", { method: "PATCH", body }));
  },
  "a Request with bytes but no type": (w) =>
    w.fetch(new w.Request("/api/who", { method: "POST", body: new w.Uint8Array([65, 66]) })),
  "a Request with a method but no body": (w) => w.fetch(new w.Request("/api/who", { method: "DELETE" })),
  "a Request with keepalive": (w) =>
    w.fetch(new w.Request("/api/who", { method: "POST", keepalive: true, body: "text" })),
  "a Request with an init": (w) =>
    w.fetch(new w.Request("/api/who", { headers: { "x-app": "1" } }), { method: "POST", body: "text" }),
  "a Request whose headers the init replaces": (w) =>
    w.fetch(new w.Request("/api/who", { headers: { "x-app": "1" } }), { headers: { "x-other": "2" } }),
  "a Request with a null init": (w) => w.fetch(new w.Request("/api/who"), null),
  "a cloned Request": (w) => w.fetch(new w.Request("/api/who", { method: "POST", body: "text" }).clone()),
  "a Request subclass": (w) => {
    const Mine = class extends (w.Request as typeof Request) {};
    return w.fetch(new Mine("/api/who", { method: "POST", body: "text" }));
  },
  "a Request subclass that returns another address": (w) => {
    const Mine = class extends (w.Request as typeof Request) {
      override get url() {
        return `${super.url}?shown`;
      }
    };
    return w.fetch(new Mine("/api/who?x=1"));
  },
  "a Request of another frame": (w) => {
    const frame = w.document.body.appendChild(w.document.createElement("iframe"));
    const request = new frame.contentWindow.Request(`${w.origin}/api/who`, { method: "POST", body: "text" });
    return w.fetch(request);
  },
  "a Request without credentials": (w) => w.fetch(new w.Request("/api/who", { credentials: "omit" })),
  "a Request with a referrer": (w) =>
    w.fetch(new w.Request("/api/who", { referrer: "/some/page", referrerPolicy: "unsafe-url" })),
  "a Request without a referrer": (w) => w.fetch(new w.Request("/api/who", { referrer: "" })),
  "a Request that bypasses caches": (w) => w.fetch(new w.Request("/api/who", { cache: "reload" })),
  "a null init": (w) => w.fetch("/api/who", null),
  "an undefined init": (w) => w.fetch("/api/who", undefined),
  "an init with getters": (w) =>
    w.fetch("/api/who", {
      get method() {
        return "POST";
      },
      get headers() {
        return { "x-app": "1" };
      },
      get body() {
        return "text";
      },
    }),
  "an init with private fields": (w) => {
    class Options {
      #method = "PUT";
      get method() {
        return this.#method;
      }
      get headers() {
        return new w.Headers({ "x-app": "1" });
      }
    }
    return w.fetch("/api/who", new Options());
  },
  "headers as pairs": (w) => w.fetch("/api/who", { headers: [["x-app", "1"]] }),
  "headers as a Map": (w) => w.fetch("/api/who", { headers: new w.Map([["x-app", "1"]]) }),
  "headers as an iterator, which can be read once": (w) =>
    w.fetch("/api/who", { headers: new w.Map([["x-app", "1"]]).entries() }),
  "headers of another frame": (w) => {
    const frame = w.document.body.appendChild(w.document.createElement("iframe"));
    return w.fetch("/api/who", { headers: new frame.contentWindow.Headers({ "x-app": "1" }) });
  },
  "an init of another frame": (w) => w.fetch("/api/who", w.parent.JSON.parse('{"method":"POST","body":"x"}')),
  "no-cors": (w) => w.fetch("/api/who?q", { mode: "no-cors" }),
  "no-cors in an init of a class": (w) => {
    class Options {
      get mode() {
        return "no-cors";
      }
    }
    return w.fetch("/api/who", new Options());
  },
  "an address in an object": (w) => w.fetch({ toString: () => "/api/who?x=1" }),
  "an address in an object with a property url": (w) =>
    w.fetch({ url: "/api/other", toString: () => "/api/who?x=1" }, { method: "POST", body: "text" }),
  "a link as the address": (w) => {
    return w.fetch(Object.assign(w.document.createElement("a"), { href: "/api/who?x=1" }));
  },
  "an address with surrounding spaces": (w) => w.fetch(" \n/api/who?x=1\t "),
  "an address with a line break in it": (w) => w.fetch("/api/\nwho?x=1"),
  "an address with backslashes": (w) => w.fetch("\\api\\who?x=1"),
  "an address with a fragment": (w) => w.fetch("/api/who#lockstep=20200101-000000-0000000"),
  "an address with a query and a fragment": (w) => w.fetch("/api/who?x=1#?y"),
  "an address with an empty query": (w) => w.fetch("/api/who?#part"),
  "an address with an unnormalised query": (w) =>
    w.fetch("/api/who?a=1&&b=%7e&=x&b=%7E+%20&%zz&lockstep=mine&flag"),
  "an address with dots": (w) => w.fetch("/x/%2e%2e/api/./y/../who"),
  "an address with an upper-case scheme": (w) => w.fetch(`${w.origin.replace("http", "HTTP")}/api/who`),
  "an address with an upper-case host": (w) =>
    w.fetch(`${w.origin.replace("localhost", "LOCALHOST")}/api/who`),
  "an address without a scheme": (w) => w.fetch(`//${w.parent.location.host}/api/who`),
  "an address with a percent-encoded path": (w) => w.fetch("/%61pi/who"),
  "an address with repeated slashes": (w) => w.fetch("/api//who"),
  "an address with umlauts": (w) => w.fetch("/api/who/ä?ö=ü"),
  "a priority": (w) => w.fetch("/api/who", { priority: "low" }),
};

/** Sends an `XMLHttpRequest` and returns its status. In the page, it is `ask` of the scope. */
export const xhr = (w: Scope, open: unknown[], send?: unknown, prepare?: (xhr: XMLHttpRequest) => void) =>
  new Promise((resolve) => {
    const request: XMLHttpRequest = new w.XMLHttpRequest();
    request.onloadend = () => resolve(request.status);
    request.open(...(open as [string, string]));
    prepare?.(request);
    request.send(send as string);
  });

/** Requests with `XMLHttpRequest`. */
export const XHRS: Record<string, (scope: Scope) => Promise<unknown>> = {
  "a URL": (w) => w.ask(w, ["GET", new w.URL("/api/who?x=1", w.origin)]),
  "a lower-case method": (w) => w.ask(w, ["put", "/api/who"], "text"),
  "an explicit async": (w) =>
    w.ask(w, ["POST", "/api/who?x=1#part", true], new w.Blob(["b"], { type: "a/b" })),
  "a user and a password": (w) => w.ask(w, ["GET", "/api/who", true, "me", "secret"]),
  "a null user": (w) => w.ask(w, ["GET", "/api/who", true, null, null]),
  "a form": (w) => w.ask(w, ["POST", "/api/who"], new w.URLSearchParams({ a: "b c" })),
  headers: (w) =>
    w.ask(w, ["DELETE", "/api/who"], null, (request: XMLHttpRequest) => {
      request.setRequestHeader("x-app", "1");
      request.setRequestHeader("X-App", "2");
    }),
  "a header that is not a pin": (w) =>
    w.ask(w, ["GET", "/api/who"], null, (request: XMLHttpRequest) => {
      request.setRequestHeader("x-lockstep-other", "1");
    }),
  "an address in an object": (w) => w.ask(w, ["GET", { toString: () => "/api/who?x=1" }]),
  "an absolute address": (w) => w.ask(w, ["GET", `${w.origin}/api/who?x=1`]),
  dots: (w) => w.ask(w, ["GET", "/x/../api/who"]),
  "a synchronous request": async (w) => {
    const request = new w.XMLHttpRequest();
    request.open("GET", "/api/who?sync=1", false);
    request.send();
    return request.status;
  },
  "undefined as async, which means false": async (w) => {
    const request = new w.XMLHttpRequest();
    request.open("GET", "/api/who?sync=1", undefined);
    request.send();
    return request.status;
  },
  "a user name in the address": (w) =>
    w.ask(w, ["GET", `http://me:secret@${w.parent.location.host}/api/who`]),
};
