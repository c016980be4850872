import * as Sentry from "@sentry/browser";

const events = [];
Sentry.init({
  dsn: "https://key@sentry.example/1",
  integrations: [Sentry.browserTracingIntegration()],
  tracesSampleRate: 1,
  beforeSend: (event) => {
    events.push(event);
    return null; // nothing leaves the page
  },
  beforeSendTransaction: () => null,
});

/** A breadcrumb of each request, and a trace header on it. */
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
