import "@hotwired/turbo";

/** Loads a frame, then follows a link and submits a form in it. */
window.trial = async () => {
  const frame = document.createElement("turbo-frame");
  Object.assign(frame, { id: "frame", src: "/api/frame?by=src" });
  document.body.append(frame);
  const served = [];
  const shown = async (by) => {
    for (;;) {
      const answer = frame.querySelector(`[data-by="${by}"]`);
      if (answer) return answer.dataset.served;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  served.push(await shown("src"));
  frame.querySelector("a").click();
  served.push(await shown("link"));
  frame.querySelector("button").click();
  served.push(await shown("form"));
  return { served, feature: location.pathname };
};
