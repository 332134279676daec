// A document in a browser with scripts: the outline and the reading line follow the reader, matches and sections are gone
// through in turn, each section has a menu. Everything is there without: behind links.
"use strict";

const passages = [...document.querySelectorAll(".passage")];
const outline = document.querySelector("nav.outline > details");
const tree = outline.querySelector(".tree");
const heres = document.querySelectorAll(".where .here");
const desk = matchMedia("(min-width: 60rem)");
const links = new Map([...tree.querySelectorAll("a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
const nameOf = (link) => link?.title || (link?.querySelector("[lang]") ?? link)?.textContent || "";

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
  const { id } = passages[index];
  const own = links.get(id);
  for (const here of heres) here.textContent = nameOf(own);
  for (const link of document.querySelectorAll(".bar [data-of]")) {
    const address = new URL(link.href);
    if (link.dataset.of === "hash") address.hash = id;
    else address.searchParams.set("anchor", id);
    link.href = address;
  }
  const link = visible(own);
  tree.querySelector("[aria-current]")?.removeAttribute("aria-current");
  if (!link) return;
  link.setAttribute("aria-current", "location");
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

// The section that is looked at: the one that was jumped to for as long as the reader stays there, else the one at the line.
let arrived = -1;
function landed() {
  requestAnimationFrame(() => { arrived = scrollY; });
}
addEventListener("hashchange", landed);
addEventListener("load", landed);
function lookedAt() {
  const target = document.querySelector(":target")?.closest(".passage");
  return target && Math.abs(scrollY - arrived) < 24 ? target : passages[place];
}

function stepSection(by) {
  const next = passages[passages.indexOf(lookedAt()) + by];
  if (!next) return;
  location.replace(`#${encodeURIComponent(next.id)}`);
  show(passages.indexOf(next));
  say(nameOf(links.get(next.id)) || next.id);
}

// The matches of a search, in turn.
const marks = [...document.querySelectorAll("article mark[id]")];
let match = marks.findIndex((mark) => `#${mark.id}` === location.hash);
if (match >= 0) point();

function stepMatch(by) {
  if (!marks.length) return;
  match = (match < 0 ? firstMatch(by) : match + by + marks.length) % marks.length;
  marks[match].scrollIntoView({ block: "center" });
  say(`${point()}${marks.length}`);
}

function point() {
  document.querySelector("mark.current")?.classList.remove("current");
  marks[match].classList.add("current");
  const count = `${match + 1}/`;
  document.querySelector(".matches .at").textContent = count;
  const ticks = [...document.querySelectorAll(".strip a")];
  document.querySelector(".strip a.current")?.classList.remove("current");
  ticks.findLast((tick) => Number(tick.href.baseVal.slice("#kb-m".length)) <= match + 1)?.classList.add("current");
  return count;
}

// From where the reader came in, or is.
function firstMatch(by) {
  const from = document.querySelector(":target") ?? passages[place];
  const after = marks.findIndex((mark) => from.contains(mark) || from.compareDocumentPosition(mark) & Node.DOCUMENT_POSITION_FOLLOWING);
  if (by > 0) return Math.max(after, 0);
  return (after <= 0 ? marks.length : after) - 1;
}

// Enter on what is marked already goes to the next match, with Shift to the one before.
const find = document.getElementById("kb-find");
find.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !marks.length || find.value.trim() !== find.defaultValue.trim()) return;
  event.preventDefault();
  stepMatch(event.shiftKey ? -1 : 1);
});

// To an article by its number, without asking the server where the outline has it.
const go = tree.querySelector(".go");
go?.addEventListener("submit", (event) => {
  const typed = go.elements.n.value.trim().replace(/^第|条/g, "");
  const link = [...tree.querySelectorAll(".articles a")].find((each) => each.textContent === typed);
  if (!link) return;
  event.preventDefault();
  location.hash = link.hash;
  if (!desk.matches) outline.open = false;
});

// A card over the text, beside what opened it.
let card = null;
let opener = null;

function closeCard() {
  card?.remove();
  opener?.setAttribute("aria-expanded", "false");
  card = opener = null;
}

function openCard(control, content, name) {
  closeCard();
  card = document.createElement("div");
  card.className = `card ${name}`;
  card.append(content);
  const passage = control.closest(".passage");
  passage.append(card);
  opener = control;
  control.setAttribute("aria-expanded", "true");
  const box = control.getBoundingClientRect();
  const frame = passage.getBoundingClientRect();
  const left = Math.min(box.left, document.documentElement.clientWidth - card.offsetWidth - 12);
  card.style.top = `${box.bottom - frame.top + 2}px`;
  card.style.left = `${Math.max(8, left) - frame.left}px`;
  card.querySelector("a, button")?.focus({ preventScroll: true });
}

const words = document.querySelector("article").dataset;

function menu(control) {
  const passage = control.closest(".passage");
  const list = document.createDocumentFragment();
  const item = (label, what) => {
    const entry = document.createElement(typeof what === "string" ? "a" : "button");
    entry.textContent = label;
    if (typeof what === "string") entry.href = what;
    else {
      entry.type = "button";
      entry.addEventListener("click", what);
    }
    list.append(entry);
  };
  item(words.copyLink, ({ target }) => copyText(new URL(`${words.address}#${encodeURIComponent(passage.id)}`, location.href).href, target));
  item(words.copyCitation, async ({ target }) => {
    const answer = await fetch(`${document.getElementById("kb-cite").dataset.citation}?${new URLSearchParams({ anchor: passage.id })}`);
    const { forms } = await answer.json();
    copyText(forms.find((form) => form.name === "manual").text, target);
  });
  item(words.copyText, ({ target }) => copyText(textOf(passage), target));
  item(words.allForms, control.href);
  for (const link of passage.querySelectorAll(".beside a")) item(link.textContent, link.href);
  openCard(control, list, "menu");
}

// The words of a section and of what stands below it, without the signs of this page.
function textOf(passage) {
  const from = passages.indexOf(passage);
  const level = (each) => Number(/level-(\d+)/.exec(each.className)[1]);
  const after = passages.findIndex((each, at) => at > from && level(each) <= level(passage));
  return passages.slice(from, after < 0 ? undefined : after).map((each) => {
    const copy = each.cloneNode(true);
    for (const sign of copy.querySelectorAll(".permalink, .beside, .card")) sign.remove();
    return [...copy.querySelectorAll("p, h2, h3, h4, h5, h6, tr")].map((line) => line.textContent.trim()).join("\n");
  }).join("\n");
}

async function showCiting(link) {
  const answer = await fetch(`${link.href}&card`);
  if (!answer.ok) {
    location.href = link.href;
    return;
  }
  const content = document.createElement("template");
  content.innerHTML = await answer.text();
  openCard(link, content.content, "reading-card");
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const control = event.target.closest(".permalink, .beside > .cited-by");
  if (control) {
    event.preventDefault();
    if (control === opener) closeCard();
    else if (control.matches(".permalink")) menu(control);
    else showCiting(control);
  } else if (card && !card.contains(event.target)) closeCard();
  const more = document.querySelector(".more[open]");
  if (more && (!more.contains(event.target) || event.target.closest(".sheet :is(a, button[type=button])"))) more.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (opener) {
    opener.focus({ preventScroll: true });
    closeCard();
  }
  const more = document.querySelector(".more[open]");
  if (more) more.open = false;
});

// What is printed says when it was fetched and printed by the reader's own clock.
const zoned = { year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
const inZone = (date) => date.toLocaleString(document.documentElement.lang, zoned);
addEventListener("beforeprint", () => {
  const imprint = document.querySelector(".imprint");
  const fetched = imprint.querySelector("time[datetime]");
  if (fetched) {
    fetched.textContent = inZone(new Date(fetched.dateTime));
    imprint.querySelector(".zone")?.remove();
  }
  const printed = imprint.querySelector(".printed-at");
  printed.hidden = false;
  printed.querySelector("time").textContent = inZone(new Date());
});

// On paper: all of it, or the section that is looked at.
function toPaper(what) {
  const section = what ? lookedAt() : null;
  const from = passages.indexOf(section);
  const level = (each) => Number(/level-(\d+)/.exec(each.className)[1]);
  const after = section ? passages.findIndex((each, at) => at > from && level(each) <= level(section)) : -1;
  passages.forEach((each, at) => each.classList.toggle("unprinted", Boolean(section) && (at < from || (after >= 0 && at >= after))));
  document.body.classList.toggle("one-section", Boolean(section));
  for (const named of document.querySelectorAll(".printed-section")) named.textContent = section ? ` ${nameOf(links.get(section.id))}` : "";
  print();
}

document.querySelector(".bar").addEventListener("click", ({ target }) => {
  const button = target.closest("[data-match], [data-section], [data-print]");
  if (button?.dataset.match) stepMatch(Number(button.dataset.match));
  if (button?.dataset.section) stepSection(Number(button.dataset.section));
  if (button && "print" in button.dataset) toPaper(button.dataset.print);
});
Object.assign(shortcuts, {
  f: () => find.focus(),
  n: () => stepMatch(1),
  N: () => stepMatch(-1),
  "]": () => stepSection(1),
  "[": () => stepSection(-1),
});
