// What the page of results adds in a browser with scripts: more sections in place, the text of an article on the clipboard,
// filters that hold at once, printing. Without it the buttons lead to pages of their own.
"use strict";

document.addEventListener("click", async ({ target }) => {
  const taking = target.closest("button[data-text]");
  if (taking) {
    const answer = await fetch(taking.dataset.text).catch(() => null);
    if (!answer?.ok) return;
    const { title, pinpoint, text } = await answer.json();
    copyText(`${text.trim()}\n——《${title}》${pinpoint}`, taking);
  }
  if (target.closest("[data-print]")) print();
});

// 其余 N 条: opened below the sections that are shown, folded again by the same button.
const within = document.getElementById("kb-within");
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.rest");
  if (!button || button.classList.contains("last") || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  let opened = button.nextElementSibling;
  if (!opened) {
    const asked = new URLSearchParams(new FormData(within));
    asked.set("document", button.value);
    asked.set("from", button.dataset.shown);
    const answer = await fetch(`${within.dataset.rows}?${asked}`).catch(() => null);
    if (!answer?.ok) { button.classList.add("last"); button.click(); return; }
    opened = document.createElement("div");
    opened.className = "opened";
    opened.hidden = true;
    opened.innerHTML = await answer.text();
    button.after(opened);
  }
  opened.hidden = !opened.hidden;
  button.setAttribute("aria-expanded", String(!opened.hidden));
});

const refine = document.querySelector("form.refine");
refine?.addEventListener("change", () => refine.requestSubmit());
