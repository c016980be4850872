import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pinLocation } from "../src/pin-redirect.ts";
import { CURRENT, OLD } from "./support/events.ts";

const paths = ["/api/*", "/graphql", "/v?/items"];
const pin = `lockstep=${OLD}`;

function pinned(location: string, host = "shop.example.com", uri = "/api/orders/7"): string {
  return pinLocation(location, OLD, { host, uri }, paths);
}

describe("pinLocation()", () => {
  it.each([
    ["/api/x", `/api/x?${pin}`],
    ["/api/x?q=1", `/api/x?${pin}&q=1`],
    ["/api/x?", `/api/x?${pin}`],
    ["/api/x?&", `/api/x?${pin}&&`],
    ["/api/x#part", `/api/x?${pin}#part`],
    ["/api/x?q=1#a?b", `/api/x?${pin}&q=1#a?b`],
    ["/api/x?lockstep=on", `/api/x?${pin}&lockstep=on`],
    ["/api/x?b=2&a=%20+&flag", `/api/x?${pin}&b=2&a=%20+&flag`],
    ["/graphql", `/graphql?${pin}`],
    ["/v2/items", `/v2/items?${pin}`],
    ["8", `8?${pin}`],
    ["./8", `./8?${pin}`],
    ["../x", `../x?${pin}`],
    ["../../graphql", `../../graphql?${pin}`],
    ["?q=1", `?${pin}&q=1`],
    ["?", `?${pin}`],
    ["https://shop.example.com/api/x", `https://shop.example.com/api/x?${pin}`],
    ["http://shop.example.com/api/x", `http://shop.example.com/api/x?${pin}`],
    ["HTTPS://SHOP.example.COM/api/x", `HTTPS://SHOP.example.COM/api/x?${pin}`],
    ["https://shop.example.com:443/api/x", `https://shop.example.com:443/api/x?${pin}`],
    ["http://shop.example.com:80/api/x", `http://shop.example.com:80/api/x?${pin}`],
    ["//shop.example.com/api/x?q", `//shop.example.com/api/x?${pin}&q`],
    ["/shop/../api/x", `/shop/../api/x?${pin}`],
    ["/shop/%2e%2E/api/x", `/shop/%2e%2E/api/x?${pin}`],
    ["/api/my report.pdf", `/api/my report.pdf?${pin}`],
    ["/api/x?q=a b#c d", `/api/x?${pin}&q=a b#c d`],
    ["/%61%50i/../api/x", `/%61%50i/../api/x?${pin}`],
    ["/%61p%69/x", `/%61p%69/x?${pin}`],
    ["/%7Eme/../graphq%6C", `/%7Eme/../graphq%6C?${pin}`],
    ["https://shop.example.com//api/x", `https://shop.example.com//api/x?${pin}`],
    ["/shop/..//api/x", `/shop/..//api/x?${pin}`],
    ["/shop//../../api/x", `/shop//../../api/x?${pin}`],
  ])("puts the pin first into the query of %s", (location, expected) => {
    expect(pinned(location)).toBe(expected);
  });

  it.each([
    "/",
    "/orders",
    "/api",
    "/API/x",
    "/apix/y",
    "../../orders",
    "/api/../orders",
    "/api/..",
    "https://shop.example.com",
    "https://shop.example.com/",
    "https://shop.example.com/orders",
    "https://shop.example.com:8443/api/x",
    "https://shop.example.com.evil.example/api/x",
    "https://user@shop.example.com/api/x",
    "https://files.example.com/api/x?X-Amz-Signature=1",
    "//files.example.com/api/x",
    "https:/api/x",
    "https:api/x",
    "mailto:api/x",
    "app://shop.example.com/api/x",
    "",
    "#part",
    `/api/x?lockstep=${CURRENT}`,
    `/api/x?a=1&lockstep=${OLD}#x`,
    "/\\evil.example/api/x",
    "\\\\evil.example/api/x",
    "/\t/evil.example/api/x",
    " /api/x",
    "/api/x ",
    "/api%2Fx",
    "/%41pi/x",
    "/%2561pi/x",
    "/api//../..",
    "//api/x",
    "/shop/%2e%2e/%2e/shop//api/x",
  ])("leaves %j unchanged", (location) => {
    expect(pinned(location)).toBe(location);
  });

  it("compares the host with its port", () => {
    expect(pinned("http://localhost:8080/api/x", "localhost:8080")).toBe(
      `http://localhost:8080/api/x?${pin}`,
    );
    expect(pinned("http://localhost/api/x", "localhost:8080")).toBe("http://localhost/api/x");
    expect(pinned("http://[::1]:8080/api/x", "[::1]:8080")).toBe(`http://[::1]:8080/api/x?${pin}`);
    expect(pinned("//shop.example.com/api/x", "shop.example.com:443")).toBe(
      `//shop.example.com/api/x?${pin}`,
    );
    expect(pinLocation("https://x/api/y", OLD, { host: undefined, uri: "/api/" }, paths)).toBe(
      "https://x/api/y",
    );
  });

  it("decides as a browser resolves the address, and adds the pin at most once", () => {
    const part = fc.constantFrom(
      "/",
      "//",
      "..",
      ".",
      "api",
      "shop",
      "?",
      "#",
      "&",
      "a=1",
      "%2e",
      "%61pi",
      " ",
      ":",
      "@",
    );
    const start = fc.constantFrom(
      "",
      "/api/",
      "https:",
      "https://shop.example.com",
      "http://shop.example.com:80",
      "//shop.example.com",
      "https://other.example",
    );
    fc.assert(
      fc.property(start, fc.array(part, { maxLength: 6 }), (begin, parts) => {
        const location = begin + parts.join("");
        const base = `https://shop.example.com/api/orders/7?${pin}`;
        const after = pinned(location);
        expect(pinned(after)).toBe(after);
        if (!URL.canParse(location, base)) return;
        const to = new URL(location, base);
        const then = new URL(after, base);
        // Before it compares, CloudFront decodes needless escapes and merges slashes.
        const compared = to.pathname.replaceAll("%61", "a").replaceAll(/\/+/g, "/");
        const isService =
          to.hostname === "shop.example.com" && /^https?:$/.test(to.protocol) && to.port === "";
        if (after !== location) expect(isService && compared.startsWith("/api/")).toBe(true);
        expect([then.origin, then.pathname, then.hash]).toEqual([to.origin, to.pathname, to.hash]);
        if (
          isService &&
          compared.startsWith("/api/") &&
          location === location.trim() &&
          !/^https?:(?!\/\/)/.test(location)
        )
          expect(then.searchParams.get("lockstep")).toBe(OLD);
      }),
      { numRuns: 5000 },
    );
  });
});
