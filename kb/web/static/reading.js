// What a browser with scripts adds: copying an address. Every page works without it.
"use strict";

const said = document.createElement("div");
said.className = "unseen";
said.setAttribute("role", "status");
document.body.append(said);

async function copyAddress(address, control) {
  const whole = new URL(address, location.href).href;
  try {
    await navigator.clipboard.writeText(whole);
  } catch {
    // Clipboards need a secure origin; over plain HTTP the reader copies by hand.
    prompt("复制这个链接：", whole);
    return;
  }
  said.textContent = "链接已复制";
  control.classList.add("copied");
  setTimeout(() => { control.classList.remove("copied"); said.textContent = ""; }, 1600);
}

for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
}

document.addEventListener("click", (event) => {
  const control = event.target.closest("button.copy, a.permalink");
  if (!control || event.ctrlKey || event.metaKey || event.shiftKey) return;
  // A permalink without the words searched for: that is what one sends to a colleague.
  const address = control.dataset.address ?? location.pathname + control.getAttribute("href");
  copyAddress(address, control);
});

// The outline is open beside the text on a desk, closed above it on a phone.
const outline = document.querySelector("nav.outline > details");
const desk = matchMedia("(min-width: 60rem)");
if (outline) {
  const follow = () => { outline.open = desk.matches; };
  desk.addEventListener("change", follow);
  follow();
  outline.addEventListener("click", (event) => {
    if (event.target.closest("a") && !desk.matches) outline.open = false;
  });
}
