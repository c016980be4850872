import { datadogRum } from "@datadog/browser-rum";

const events = [];
datadogRum.init({
  applicationId: "00000000-0000-4000-8000-000000000000",
  clientToken: "pub00000000000000000000000000000000",
  proxy: `${location.origin}/api/who`,
  sessionSampleRate: 100,
  sessionReplaySampleRate: 0,
  service: "shop",
  trackResources: true,
  allowedTracingUrls: [location.origin],
  traceSampleRate: 100,
  beforeSend: (event) => {
    events.push(event);
    return true;
  },
});

/** Expects a resource event and a trace header for each request. */
window.trial = async () => {
  const { served, headers } = await (await fetch("/api/who?rum=fetch")).json();
  const byXhr = await new Promise((resolve) => {
    const xhr = new XMLHttpRequest();
    xhr.open("GET", "/api/who?rum=xhr");
    xhr.onload = () => resolve(JSON.parse(xhr.responseText).served);
    xhr.send();
  });
  const resources = () =>
    events
      .filter(({ type, resource }) => type === "resource" && /rum=/.test(resource.url))
      .map(({ resource, _dd }) => ({ ...resource, traced: _dd.trace_id !== undefined }));
  while (resources().length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  return {
    served: [served, byXhr],
    feature: {
      resources: resources().map(({ method, url, status_code, traced }) => [
        method,
        url.replace(location.origin, ""),
        status_code,
        traced,
      ]),
      traced: "x-datadog-trace-id" in headers,
    },
  };
};
