import htmx from "htmx.org";

/** Uses a button that loads a fragment and a form that sends its fields. */
window.trial = async () => {
  const main = document.body.appendChild(document.createElement("main"));
  main.innerHTML = `<button hx-get="/api/page?by=htmx" hx-target="#one">Load</button><p id="one"></p>
    <form hx-post="/api/page" hx-target="#two"><input name="q" value="a b"><button>Send</button></form><p id="two"></p>`;
  htmx.process(main);
  const shown = async (place) => {
    for (;;) {
      const answer = main.querySelector(`${place} #served`);
      if (answer) return answer.textContent;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  for (const button of main.querySelectorAll("button")) button.click();
  const served = [await shown("#one"), await shown("#two")];
  const feature = main.querySelector("form") !== null && location.pathname;
  main.remove();
  return { served, feature };
};
