import { describe, expect, it } from "vitest";
import { isDocument, isPageLoad } from "../src/is-document.ts";
import { aPage, aRequest, OLD } from "./support/events.ts";

const html = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

describe("isDocument()", () => {
  it.each(["document", "iframe", "frame"])(
    "says yes to Sec-Fetch-Dest: %s, whatever the path",
    (destination) => {
      expect(
        isDocument(aRequest({ uri: "/users/john.doe", headers: { "sec-fetch-dest": destination } })),
      ).toBe(true);
    },
  );

  it.each(["empty", "script", "image", "style", "worker", ""])(
    "says no to Sec-Fetch-Dest: %j, whatever it accepts",
    (destination) => {
      expect(isDocument(aRequest({ headers: { ...html, "sec-fetch-dest": destination } }))).toBe(false);
    },
  );

  it.each(["/", "/deep/link", "/v1.2/notes", "/index.html", `/builds/${OLD}/index.html`])(
    "without it, says yes to %s with Accept: text/html",
    (uri) => {
      expect(isDocument(aRequest({ uri, headers: html }))).toBe(true);
    },
  );

  it.each(["/favicon.ico", "/a/b.js", "/page.html"])("without it, says no to %s", (uri) => {
    expect(isDocument(aRequest({ uri, headers: html }))).toBe(false);
  });

  it("without it, says no to who does not accept HTML", () => {
    expect(isDocument(aRequest({ headers: { accept: "*/*" } }))).toBe(false);
    expect(isDocument(aRequest())).toBe(false);
  });

  it("reads an Accept that came in several headers", () => {
    const request = aRequest();
    request.headers.accept = { value: "image/*", multiValue: [{ value: "image/*" }, { value: "Text/HTML" }] };
    expect(isDocument(request)).toBe(true);
  });
});

describe("isDocument() and isPageLoad()", () => {
  // As Chromium 156 sends it when a service worker answers a page load with fetch(event.request).
  const passedOn = { ...html, "sec-fetch-dest": "empty", "sec-fetch-mode": "navigate" };

  it("say yes to a page load that a service worker passes on", () => {
    const request = aRequest({ uri: "/deep/link", headers: passedOn });
    expect([isDocument(request), isPageLoad(request)]).toEqual([true, true]);
  });

  it.each(["cors", "no-cors", "same-origin", "websocket"])(
    "say no to a script's own request of mode %s",
    (mode) => {
      const request = aRequest({ uri: "/deep/link", headers: { ...passedOn, "sec-fetch-mode": mode } });
      expect([isDocument(request), isPageLoad(request)]).toEqual([false, false]);
    },
  );
});

describe("isPageLoad()", () => {
  it("says yes to a navigation, told by either header", () => {
    expect([isPageLoad(aPage()), isPageLoad(aRequest({ headers: html }))]).toEqual([true, true]);
  });

  it.each(["iframe", "frame", "empty"])("says no to Sec-Fetch-Dest: %s", (destination) => {
    expect(isPageLoad(aRequest({ headers: { "sec-fetch-dest": destination } }))).toBe(false);
  });

  it.each([
    ["sec-purpose", "prefetch"],
    ["sec-purpose", "prefetch;prerender"],
    ["purpose", "prefetch"],
  ])("says no to a page fetched ahead by %s: %s", (name, value) => {
    expect(isPageLoad(aPage({ headers: { [name]: value } }))).toBe(false);
    expect(isPageLoad(aRequest({ headers: { ...html, [name]: value } }))).toBe(false);
  });

  it("says no to a page that an old Firefox fetches ahead", () => {
    expect(isPageLoad(aRequest({ headers: { ...html, "x-moz": "prefetch" } }))).toBe(false);
  });
});
