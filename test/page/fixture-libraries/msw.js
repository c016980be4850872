import { HttpResponse, http } from "msw";
import { setupWorker } from "msw/browser";

/** Requests a mocked response, and the API through the service worker. */
window.trial = async () => {
  const mocked = http.get("/api/mocked/:id", ({ params, request }) =>
    HttpResponse.json({ mocked: params.id, search: new URL(request.url).search }),
  );
  const worker = setupWorker(mocked);
  await worker.start({ onUnhandledRequest: "bypass", quiet: true });
  const answer = await (await fetch("/api/mocked/7?x=1")).json();
  const { served } = await (await fetch("/api/who")).json();
  worker.stop();
  return { served: [served], feature: answer };
};
