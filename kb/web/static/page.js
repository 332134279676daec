// What every page adds in a browser with scripts: copying, shortcuts, choices that hold at once. It works without.
"use strict";

const said = document.getElementById("kb-said");

function say(words) {
  said.textContent = words;
  setTimeout(() => { if (said.textContent === words) said.textContent = ""; }, 4000);
}

async function copyText(text, control) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Clipboards need a secure origin; over plain HTTP the reader copies by hand.
    prompt("Ctrl+C", text);
    return;
  }
  say(control.dataset.copied ?? "✓");
  control.classList.add("copied");
  setTimeout(() => control.classList.remove("copied"), 1600);
}

document.addEventListener("click", (event) => {
  const control = event.target.closest("button.copy");
  if (control) copyText(control.dataset.copy ?? new URL(control.dataset.address, location.href).href, control);
});

// Choices are kept in cookies, so that the server sends the next page as it should look from the start.
const settings = document.querySelector(".settings form");
const apply = {
  scheme(value) {
    document.querySelector("meta[name=color-scheme]").content = value === "auto" ? "light dark" : value;
    document.getElementById("kb-dark").media = { auto: "(prefers-color-scheme: dark)", light: "not all", dark: "all" }[value];
  },
  size(value) {
    const { classList } = document.documentElement;
    for (const size of ["normal", "large", "larger"]) classList.toggle(`text-${size}`, size === value);
  },
  keys(value) { document.body.dataset.keys = value; },
};
settings.addEventListener("change", ({ target }) => {
  const value = target.type === "checkbox" && !target.checked ? "off" : target.value;
  document.cookie = `kb-${target.name}=${value}; path=/; max-age=31536000; samesite=lax`;
  apply[target.name](value);
});
document.addEventListener("click", (event) => {
  const open = document.querySelector(".settings[open]");
  if (open && !open.contains(event.target)) open.open = false;
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
});

// Shortcuts: a key, and what it does. Pages add theirs.
const shortcuts = {
  "/": () => document.getElementById("kb-q").focus(),
  "?": () => document.getElementById("kb-keys").showModal(),
  j: () => step(1),
  k: () => step(-1),
};

function step(by) {
  const links = [...document.querySelectorAll(".hit h2 a")];
  const at = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, at < 0 && by < 0 ? 0 : at + by))]?.focus();
}

document.addEventListener("keydown", (event) => {
  const settingsOpen = document.querySelector(".settings[open]");
  if (event.key === "Escape" && settingsOpen) {
    settingsOpen.open = false;
    settingsOpen.querySelector("summary").focus();
  }
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (document.body.dataset.keys === "off" || !Object.hasOwn(shortcuts, event.key)) return;
  event.preventDefault();
  shortcuts[event.key]();
});
