// A document in a browser with scripts: the outline follows the reader, matches and sections are gone through in turn.
"use strict";

const passages = [...document.querySelectorAll(".passage")];
const outline = document.querySelector("nav.outline > details");
const tree = outline.querySelector(".tree");
const here = outline.querySelector(".here");
const desk = matchMedia("(min-width: 60rem)");
const links = new Map([...tree.querySelectorAll("a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]));

// The outline is open beside the text on a desk, closed above it on a phone.
outline.addEventListener("click", (event) => {
  if (event.target.closest("a") && !desk.matches) outline.open = false;
});

// Where the reader is: the passage that crosses the line at which a section comes to stand when it is jumped to.
let place = 0;
let watch = null;

function follow() {
  outline.open = desk.matches;
  watch?.disconnect();
  if (!passages.length) return;
  const margin = parseFloat(getComputedStyle(passages[0]).scrollMarginTop);
  const padding = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
  const line = Math.round(margin + padding) + 4;
  const below = 99.5 - (line / innerHeight) * 100;
  watch = new IntersectionObserver((entries) => {
    const crossing = entries.find((entry) => entry.isIntersecting);
    if (crossing) show(passages.indexOf(crossing.target));
  }, { rootMargin: `-${line}px 0px -${below}% 0px` });
  for (const passage of passages) watch.observe(passage);
}
desk.addEventListener("change", follow);
follow();

function show(index) {
  place = index;
  const link = visible(links.get(passages[index].id));
  tree.querySelector("[aria-current]")?.removeAttribute("aria-current");
  if (!link) return;
  link.setAttribute("aria-current", "location");
  here.textContent = link.querySelector("[lang]")?.textContent ?? link.textContent;
  const room = tree.getBoundingClientRect();
  const { top, bottom } = link.getBoundingClientRect();
  if (top < room.top || bottom > room.bottom) tree.scrollTop += top - room.top - room.height / 3;
}

// A link in a folded branch stands for itself where the branch is seen.
function visible(link) {
  for (let folded = link?.closest(".tree details:not([open])"); folded; folded = link.closest(".tree details:not([open])")) {
    link = folded.previousElementSibling;
  }
  return link;
}

function stepSection(by) {
  const next = passages[place + by];
  if (!next) return;
  location.replace(`#${encodeURIComponent(next.id)}`);
  show(place + by);
  say(links.get(next.id)?.textContent ?? next.id);
}

// The matches of a search, in turn.
const marks = [...document.querySelectorAll("article mark[id]")];
let match = -1;

function stepMatch(by) {
  if (!marks.length) return;
  match = (match < 0 ? firstMatch(by) : match + by + marks.length) % marks.length;
  const mark = marks[match];
  document.querySelector("mark.current")?.classList.remove("current");
  mark.classList.add("current");
  mark.scrollIntoView({ block: "center" });
  const count = `${match + 1}/`;
  document.querySelector(".matches .at").textContent = count;
  say(`${count}${marks.length}`);
  const ticks = [...document.querySelectorAll(".strip a")];
  document.querySelector(".strip a.current")?.classList.remove("current");
  ticks.findLast((tick) => Number(tick.href.baseVal.slice("#kb-m".length)) <= match + 1)?.classList.add("current");
}

// From where the reader came in, or is.
function firstMatch(by) {
  const from = document.querySelector(":target") ?? passages[place];
  const after = marks.findIndex((mark) => from.contains(mark) || from.compareDocumentPosition(mark) & Node.DOCUMENT_POSITION_FOLLOWING);
  if (by > 0) return Math.max(after, 0);
  return (after <= 0 ? marks.length : after) - 1;
}

document.querySelector(".tools").addEventListener("click", ({ target }) => {
  const button = target.closest("[data-match], [data-section]");
  if (button?.dataset.match) stepMatch(Number(button.dataset.match));
  if (button?.dataset.section) stepSection(Number(button.dataset.section));
});
Object.assign(shortcuts, {
  f: () => document.getElementById("kb-find").focus(),
  n: () => stepMatch(1),
  N: () => stepMatch(-1),
  "]": () => stepSection(1),
  "[": () => stepSection(-1),
});
