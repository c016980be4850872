import { describe, expect, it } from "vitest";
import { isDocument, isPageLoad, mayBeDocument } from "../src/is-document.ts";
import { aPage, aRequest } from "./support/events.ts";

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

  it.each(["/", "/deep/link", "/users/jane.doe", "/page.html", "/favicon.ico"])(
    "without it, says yes to %s with Accept: text/html",
    (uri) => {
      expect(isDocument(aRequest({ uri, headers: html }))).toBe(true);
    },
  );

  it.each<Record<string, string>>([{}, { accept: "*/*" }, { accept: "image/*" }])(
    "without it, says no to the headers %j",
    (headers) => {
      expect(isDocument(aRequest({ headers }))).toBe(false);
    },
  );

  it("reads an Accept that is split over several headers", () => {
    const request = aRequest();
    request.headers.accept = { value: "image/*", multiValue: [{ value: "image/*" }, { value: "Text/HTML" }] };
    expect(isDocument(request)).toBe(true);
  });
});

describe("mayBeDocument()", () => {
  it.each([
    ["a crawler", "/orders/17", { accept: "*/*" }],
    ["a link checker without Accept", "/orders/17", {}],
    ["a preview of a path with a dot", "/users/jane.doe", { accept: "*/*" }],
    ["a library that accepts anything last", "/v1.2/notes", { accept: "application/json, */*" }],
  ] as [string, string, Record<string, string>][])("says yes to %s", (_who, uri, headers) => {
    expect(mayBeDocument(aRequest({ uri, headers }))).toBe(true);
  });

  it.each([
    ["a script of an old browser", "/missing.js", { accept: "*/*" }],
    ["an image of an old browser", "/missing.PNG", { accept: "image/webp,*/*;q=0.8" }],
    ["a link checker that asks for a document file", "/terms.pdf", {}],
    ["a script with Sec-Fetch-Dest", "/orders/17", { accept: "*/*", "sec-fetch-dest": "script" }],
    ["a client that accepts only images", "/orders/17", { accept: "image/png" }],
    ...["docx", "XLS", "tar", "7z", "apk", "otf", "eot", "m4a", "mov", "ogg", "bmp", "wav", "tar.gz"].map(
      (end) => [`a crawler that follows a link to a .${end}`, `/files/report.${end}`, { accept: "*/*" }],
    ),
  ] as [string, string, Record<string, string>][])("says no to %s", (_who, uri, headers) => {
    expect(mayBeDocument(aRequest({ uri, headers }))).toBe(false);
  });
});

describe("isDocument() and isPageLoad()", () => {
  // As Chromium 156 sends it when a service worker answers a page load with fetch(event.request).
  const forwarded = { ...html, "sec-fetch-dest": "empty", "sec-fetch-mode": "navigate" };

  it("say yes to a page load that a service worker forwards", () => {
    const request = aRequest({ uri: "/deep/link", headers: forwarded });
    expect([isDocument(request), isPageLoad(request)]).toEqual([true, true]);
  });

  it.each(["cors", "no-cors", "same-origin", "websocket"])(
    "say no to a script's own request of mode %s",
    (mode) => {
      const request = aRequest({ uri: "/deep/link", headers: { ...forwarded, "sec-fetch-mode": mode } });
      expect([isDocument(request), isPageLoad(request)]).toEqual([false, false]);
    },
  );
});

describe("isPageLoad()", () => {
  it("says yes to a navigation, recognised by either header", () => {
    expect([isPageLoad(aPage()), isPageLoad(aRequest({ headers: html }))]).toEqual([true, true]);
  });

  it.each(["iframe", "frame", "empty"])("says no to Sec-Fetch-Dest: %s", (destination) => {
    expect(isPageLoad(aRequest({ headers: { "sec-fetch-dest": destination } }))).toBe(false);
  });

  it.each([
    ["sec-purpose", "prefetch"],
    ["sec-purpose", "prefetch;prerender"],
    ["purpose", "prefetch"],
  ])("says no to a prefetch by %s: %s", (name, value) => {
    expect(isPageLoad(aPage({ headers: { [name]: value } }))).toBe(false);
    expect(isPageLoad(aRequest({ headers: { ...html, [name]: value } }))).toBe(false);
  });

  it("says no to a prefetch of an old Firefox", () => {
    expect(isPageLoad(aRequest({ headers: { ...html, "x-moz": "prefetch" } }))).toBe(false);
  });
});
