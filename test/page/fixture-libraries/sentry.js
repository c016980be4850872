import * as Sentry from "@sentry/browser";

const events = [];
Sentry.init({
  dsn: "https://key@sentry.example/1",
  integrations: [Sentry.browserTracingIntegration()],
  tracesSampleRate: 1,
  beforeSend: (event) => {
    events.push(event);
    return null; // sends nothing
  },
  beforeSendTransaction: () => null,
});

/** Expects a breadcrumb and a trace header for a request. */
window.trial = async () => {
  const { served, headers } = await (await fetch("/api/who?sentry")).json();
  Sentry.captureException(new Error("reported"));
  const { breadcrumbs, exception } = events[0];
  const crumb = breadcrumbs.find(({ category, data }) => category === "fetch" && data.url.includes("sentry"));
  return {
    served: [served],
    feature: {
      exception: exception.values[0].value,
      breadcrumb: crumb.data.url,
      traced: "sentry-trace" in headers,
    },
  };
};
