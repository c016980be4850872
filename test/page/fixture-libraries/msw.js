import { HttpResponse, http } from "msw";
import { setupWorker } from "msw/browser";

/** A mocked answer, and a request that goes through the service worker to the API. */
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
