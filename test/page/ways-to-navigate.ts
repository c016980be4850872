// Ways to follow a link and to submit a form, for every engine: markup, and a function that runs in the page. The
// target is the frame named "frame".

export const link = '<a id="link" target="frame" href="/api/page"><b>Report</b></a>';
const click = () => document.querySelector<HTMLElement>("#link")!.click();

/** Description, markup, and a function that follows the link to `/api/page`. */
export const LINKS: [what: string, html: string, act: () => unknown][] = [
  ["that a script clicks", link, click],
  ["whose child is clicked", link, () => document.querySelector<HTMLElement>("#link b")!.click()],
  [
    "when a listener stops the event in the bubbling phase",
    `<div id="menu">${link}</div>`,
    () => {
      document.querySelector<HTMLElement>("#menu")!.onclick = (event) => event.stopPropagation();
      document.querySelector<HTMLElement>("#link")!.click();
    },
  ],
  [
    "when a listener stops the event immediately",
    link,
    () => {
      const element = document.querySelector<HTMLElement>("#link")!;
      element.addEventListener("click", (event) => event.stopImmediatePropagation());
      element.click();
    },
  ],
  [
    "when a listener stops the event in the capturing phase",
    link,
    () => {
      document.addEventListener("click", (event) => event.stopPropagation(), { capture: true, once: true });
      document.querySelector<HTMLElement>("#link")!.click();
    },
  ],
  [
    "when a listener sets cancelBubble",
    link,
    () => {
      const element = document.querySelector<HTMLElement>("#link")!;
      element.onclick = (event) => {
        event.cancelBubble = true;
      };
      element.click();
    },
  ],
  [
    "when the event does not bubble",
    link,
    () => document.querySelector("#link")!.dispatchEvent(new MouseEvent("click")),
  ],
  [
    "around a component with an open shadow root",
    '<a target="frame" href="/api/page"><x-button><template shadowrootmode="open"><span>x</span></template></x-button></a>',
    () => document.querySelector("x-button")!.shadowRoot!.querySelector("span")!.click(),
  ],
  [
    "around a component with a closed shadow root",
    '<a target="frame" href="/api/page"><x-button></x-button></a>',
    () => {
      const root = document.querySelector("x-button")!.attachShadow({ mode: "closed" });
      root.innerHTML = "<span>x</span>";
      root.querySelector("span")!.click();
    },
  ],
  [
    "in an open shadow root",
    `<x-menu><template shadowrootmode="open">${link}</template></x-menu>`,
    () => document.querySelector("x-menu")!.shadowRoot!.querySelector<HTMLElement>("#link b")!.click(),
  ],
  [
    "in a closed shadow root, when the event is stopped there",
    "<x-menu></x-menu>",
    () => {
      const root = document.querySelector("x-menu")!.attachShadow({ mode: "closed" });
      root.innerHTML = '<p><a target="frame" href="/api/page">x</a></p>';
      root.querySelector("p")!.onclick = (event) => event.stopPropagation();
      root.querySelector("a")!.click();
    },
  ],
  [
    "in a closed shadow root, by an event that is not composed",
    "<x-menu></x-menu>",
    () => {
      const root = document.querySelector("x-menu")!.attachShadow({ mode: "closed" });
      root.innerHTML = '<a target="frame" href="/api/page">x</a>';
      root.querySelector("a")!.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    },
  ],
  [
    "around a slot with text of the page",
    '<x-link><template shadowrootmode="open"><a target="frame" href="/api/page"><slot></slot></a></template><i>x</i></x-link>',
    () => document.querySelector<HTMLElement>("x-link i")!.click(),
  ],
  [
    "in SVG",
    '<svg><a target="frame" href="/api/page"><text>x</text></a></svg>',
    () => document.querySelector("svg text")!.dispatchEvent(new MouseEvent("click", { bubbles: true })),
  ],
  [
    "in SVG with xlink:href",
    '<svg><a target="frame" xlink:href="/api/page"><text>x</text></a></svg>',
    () => document.querySelector("svg text")!.dispatchEvent(new MouseEvent("click", { bubbles: true })),
  ],
  [
    "in SVG with xlink:href, created by a script",
    "<svg></svg>",
    () => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", "a");
      element.setAttribute("target", "frame");
      element.setAttributeNS("http://www.w3.org/1999/xlink", "href", "/api/page");
      document.querySelector("svg")!.append(element);
      element.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    },
  ],
  [
    "in an image map",
    '<map name="m"><area shape="default" target="frame" href="/api/page"></map>',
    () => document.querySelector("area")!.click(),
  ],
  [
    "that is not in the document",
    "",
    () => {
      const element = document.createElement("a");
      Object.assign(element, { href: "/api/page", target: "frame" });
      element.click();
    },
  ],
  [
    "that is not in the document and gets an event",
    "",
    () => {
      const element = document.createElement("a");
      Object.assign(element, { href: "/api/page", target: "frame" });
      element.dispatchEvent(new MouseEvent("click"));
    },
  ],
  [
    "in a fragment that is not in the document",
    "",
    () => {
      const element = document.createElement("a");
      Object.assign(element, { href: "/api/page", target: "frame" });
      document.createDocumentFragment().append(element);
      element.click();
    },
  ],
  [
    "that is not in the document, by a click on its child",
    "",
    () => {
      const element = document.createElement("a");
      Object.assign(element, { href: "/api/page", target: "frame" });
      element.append(document.createElement("b"));
      (element.firstChild as HTMLElement).click();
    },
  ],
  [
    "in an open shadow root, by an event that is not composed",
    `<x-menu><template shadowrootmode="open">${link}</template></x-menu>`,
    () => {
      const inner = document.querySelector("x-menu")!.shadowRoot!.querySelector("#link")!;
      inner.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    },
  ],
  [
    "when a listener changes its address",
    link,
    () => {
      const element = document.querySelector<HTMLAnchorElement>("#link")!;
      element.setAttribute("href", "/elsewhere");
      element.onclick = () => {
        element.href = "/api/page";
      };
      element.click();
    },
  ],
  ["with spaces around its address", '<a id="link" target="frame" href=" /api/page ">x</a>', click],
  ["inside a form with a field named matches", `<form><input name="matches">${link}</form>`, click],
];

export const fields = '<input name="q" value="a b">';
export const submit = () => document.querySelector<HTMLElement>("main button")!.click();

/** Description, markup, a function that submits the form, and the address and body that the service receives. */
export const FORMS: [what: string, html: string, act: () => unknown, url: string, body: string][] = [
  [
    "by POST",
    `<form target="frame" method="post" action="/api/page?x=1">${fields}<button>`,
    submit,
    "/api/page?x=1",
    "q=a+b",
  ],
  [
    "by GET",
    `<form target="frame" action="/api/page?gone=1">${fields}<button>`,
    submit,
    "/api/page?q=a+b",
    "",
  ],
  [
    "with a button that has an address and a method",
    `<form target="frame" action="/elsewhere">${fields}<button name="by" value="1" formaction="/api/page" formmethod="POST">`,
    submit,
    "/api/page",
    "q=a+b&by=1",
  ],
  [
    "with a button whose method overrides the form's",
    `<form target="frame" method="post" action="/api/page">${fields}<button formmethod="get">`,
    submit,
    "/api/page?q=a+b",
    "",
  ],
  [
    "with an upper-case method, multipart data and a file",
    '<form target="frame" method="POST" action="/api/page" enctype="multipart/form-data"><button>',
    submit,
    "/api/page",
    "",
  ],
  ...[
    "getAttribute",
    "setAttribute",
    "prepend",
    "ownerDocument",
    "action",
    "method",
    "submit",
    "matches",
    "getRootNode",
    "addEventListener",
    "isConnected",
    "target",
  ].map((name): [string, string, () => unknown, string, string] => [
    `by POST with a field named ${name}`,
    `<form target="frame" method="post" action="/api/page"><input name="${name}"><button>`,
    submit,
    "/api/page",
    `${name}=`,
  ]),
  ...["getAttribute", "prepend", "append", "ownerDocument", "action", "method", "addEventListener"].map(
    (name): [string, string, () => unknown, string, string] => [
      `by GET with a field named ${name}`,
      `<form target="frame" action="/api/page"><input name="${name}"><button>`,
      submit,
      `/api/page?${name}=`,
      "",
    ],
  ),
  [
    "with a field named submit, by a script",
    '<form target="frame" method="post" action="/api/page"><input name="submit"><input name="getRootNode"></form>',
    () => HTMLFormElement.prototype.submit.call(document.querySelector("main form")!),
    "/api/page",
    "submit=&getRootNode=",
  ],
  [
    "with submit()",
    `<form target="frame" action="/api/page">${fields}</form>`,
    () => document.querySelector<HTMLFormElement>("main form")!.submit(),
    "/api/page?q=a+b",
    "",
  ],
  [
    "with requestSubmit()",
    `<form target="frame" action="/api/page">${fields}</form>`,
    () => document.querySelector<HTMLFormElement>("main form")!.requestSubmit(),
    "/api/page?q=a+b",
    "",
  ],
  [
    "in an open shadow root",
    `<x-form><template shadowrootmode="open"><form target="frame" method="post" action="/api/page">${fields}<button>x</button></form></template></x-form>`,
    () => document.querySelector("x-form")!.shadowRoot!.querySelector("button")!.click(),
    "/api/page",
    "q=a+b",
  ],
  [
    "in an open shadow root, by an event that is not composed",
    `<x-form><template shadowrootmode="open"><form target="frame" method="post" action="/api/page">${fields}<button>x</button></form></template></x-form>`,
    () => {
      const button = document.querySelector("x-form")!.shadowRoot!.querySelector("button")!;
      button.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    },
    "/api/page",
    "q=a+b",
  ],
  [
    "in an open shadow root, with requestSubmit()",
    `<x-form><template shadowrootmode="open"><form target="frame" action="/api/page">${fields}</form></template></x-form>`,
    () => document.querySelector("x-form")!.shadowRoot!.querySelector("form")!.requestSubmit(),
    "/api/page?q=a+b",
    "",
  ],
  [
    "in a closed shadow root inside an open one",
    '<x-form><template shadowrootmode="open"><x-inner></x-inner></template></x-form>',
    () => {
      const inner = document.querySelector("x-form")!.shadowRoot!.querySelector("x-inner")!;
      const root = inner.attachShadow({ mode: "closed" });
      root.innerHTML =
        '<form target="frame" method="post" action="/api/page"><input name="q"><button>x</button></form>';
      root.querySelector("button")!.click();
    },
    "/api/page",
    "q=",
  ],
  [
    "when a listener stops its event",
    `<form target="frame" method="post" action="/api/page">${fields}<button>`,
    () => {
      document.querySelector<HTMLFormElement>("main form")!.onsubmit = (event) => event.stopPropagation();
      document.querySelector<HTMLElement>("main button")!.click();
    },
    "/api/page",
    "q=a+b",
  ],
  [
    "by GET with fields outside the form",
    `<input form="f" name="first" value="1"><form id="f" target="frame" action="/api/page">${fields}<button>`,
    submit,
    "/api/page?first=1&q=a+b",
    "",
  ],
];
