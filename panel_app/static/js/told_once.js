/** Copies a secret that is told once, and takes it off the page when the page is left: “back” must not bring it again. */

const told = document.querySelector("[data-told]");

if (told) {
  const text = told.querySelector("code");
  const button = told.querySelector("[data-copy]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    const say = (name) => {
      for (const words of document.querySelectorAll("[data-copied], [data-selected]")) words.hidden = !words.matches(name);
    };
    try {
      await navigator.clipboard.writeText(text.textContent);
      say("[data-copied]");
    } catch { // an address that is not secure has no clipboard
      getSelection().selectAllChildren(text);
      say("[data-selected]");
    }
  });
  window.addEventListener("pagehide", () => told.remove());
}
