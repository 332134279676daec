// The cited text in a note over a citation: on hover or focus, on the first tap of a finger. Without scripts the link leads there.
"use strict";

{
  const note = document.createElement("div");
  note.id = "kb-excerpt";
  note.hidden = true;
  note.setAttribute("role", "note");
  document.body.append(note);
  let waiting = 0;
  let shownFor = null;

  function excerptAddress(link) {
    const url = new URL(link.href);
    const [, , id, , version] = url.pathname.split("/");
    if (!url.hash || !id) return null;
    const day = url.searchParams.get("on");
    const which = version ? `?version=${version}` : day ? `?on=${day}` : "";
    return `/excerpt/${id}/${url.hash.slice(1)}${which}`;
  }

  async function show(link) {
    const address = excerptAddress(link);
    if (!address) return;
    shownFor = link;
    const answer = await fetch(address);
    if (!answer.ok || shownFor !== link) return;
    note.innerHTML = await answer.text();
    const box = link.getBoundingClientRect();
    note.hidden = false;
    note.style.top = `${box.bottom + scrollY + 6}px`;
    note.style.left = `${Math.max(8, Math.min(box.left, innerWidth - note.offsetWidth - 16)) + scrollX}px`;
  }

  function hide() {
    clearTimeout(waiting);
    shownFor = null;
    note.hidden = true;
  }

  function soon(link) {
    clearTimeout(waiting);
    waiting = setTimeout(() => show(link), 200);
  }

  for (const link of document.querySelectorAll("a.cites")) {
    link.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") soon(link); });
    link.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse" && !note.matches(":hover")) waiting = setTimeout(hide, 250); });
    link.addEventListener("focus", () => { if (link.matches(":focus-visible")) soon(link); });
    link.addEventListener("blur", hide);
    link.addEventListener("click", (event) => {
      // A finger cannot hover: the first tap opens the note, the second follows the link.
      if (event.pointerType === "touch" && shownFor !== link && excerptAddress(link)) {
        event.preventDefault();
        show(link);
      }
    });
  }
  note.addEventListener("pointerenter", () => clearTimeout(waiting));
  note.addEventListener("pointerleave", hide);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  document.addEventListener("click", (event) => { if (!event.target.closest("a.cites, #kb-excerpt")) hide(); });
}
