import { registerInstrumentations } from "@opentelemetry/instrumentation";
import { FetchInstrumentation } from "@opentelemetry/instrumentation-fetch";
import { XMLHttpRequestInstrumentation } from "@opentelemetry/instrumentation-xml-http-request";
import { InMemorySpanExporter, SimpleSpanProcessor, WebTracerProvider } from "@opentelemetry/sdk-trace-web";

const exporter = new InMemorySpanExporter();
const provider = new WebTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register();
registerInstrumentations({
  instrumentations: [new FetchInstrumentation(), new XMLHttpRequestInstrumentation()],
});

/** Expects a span and a `traceparent` header for each request. */
window.trial = async () => {
  const byFetch = await (await fetch("/api/who?otel")).json();
  const byXhr = await new Promise((resolve) => {
    const xhr = new XMLHttpRequest();
    xhr.open("GET", "/api/who?otel-xhr");
    xhr.onload = () => resolve(JSON.parse(xhr.responseText));
    xhr.send();
  });
  const spans = () =>
    exporter.getFinishedSpans().filter(({ attributes }) => /otel/.test(attributes["url.full"]));
  while (spans().length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  return {
    served: [byFetch.served, byXhr.served],
    feature: {
      spans: spans().map(({ attributes }) => attributes["http.response.status_code"]),
      traced: "traceparent" in byFetch.headers && "traceparent" in byXhr.headers,
    },
  };
};
