// Runs without Playwright and reports to the API, because Chromium does not prerender for a page with DevTools
// attached.
const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
const report = (phase: string) => fetch(`/api/report?phase=${phase}&path=${location.pathname}`);

if (location.pathname === "/ahead") {
  if ((document as Document & { prerendering?: boolean }).prerendering) {
    document.addEventListener("prerenderingchange", () => void report("shown"), { once: true });
    await report("prerendering");
    localStorage.prerendered = "yes"; // a BroadcastChannel is silent until the page is shown
  } else void report("not-prerendered");
} else {
  await report("loaded");
  const version = document.querySelector<HTMLMetaElement>("meta[name=lockstep-version]")!.content;
  while ((await (await fetch("/.lockstep/status")).json()).current === version) await pause();
  const rules = document.createElement("script");
  rules.type = "speculationrules";
  rules.text = JSON.stringify({ prerender: [{ urls: ["/ahead"], eagerness: "immediate" }] });
  document.head.append(rules);
  while (localStorage.prerendered !== "yes") await pause();
  await report("meanwhile");
  const frame = document.body.appendChild(document.createElement("iframe"));
  await frame.contentWindow!.fetch(`${location.origin}/api/report?phase=by-cookie`);
  location.assign("/ahead");
}

export {};
