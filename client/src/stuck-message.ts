/**
 * Shows a message on top of the page: reloading does not help. It uses no markup or style text, so every
 * Content-Security-Policy allows it.
 */
export function showStuckMessage(document: Document): void {
  const id = "lockstep-stuck";
  if (document.getElementById(id)) return;
  const box = document.createElement("div");
  box.id = id;
  box.setAttribute("role", "alert");
  box.textContent =
    "This page could not be updated: reloading brought the old version back. Close this tab and open the page again. If that does not help, clear this site's data in the browser.";
  Object.assign(box.style, {
    position: "fixed",
    inset: "0 0 auto",
    zIndex: "2147483647",
    padding: "1rem",
    background: "Canvas",
    color: "CanvasText",
    borderBottom: "3px solid",
    font: "1rem/1.5 system-ui",
  });
  document.body.append(box);
}
