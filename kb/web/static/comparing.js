// A comparison in a browser with scripts: the rest comes as one scrolls, n and N go through the changes. Without: pages and links.
"use strict";

const body = document.querySelector(".sides tbody");

async function grow(pager, next) {
  const answer = await fetch(next.href);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  body.append(...page.querySelectorAll(".sides tbody tr"));
  const following = page.querySelector(".pager");
  if (following) pager.replaceWith(following);
  else pager.remove();
  watchPager();
}

function watchPager() {
  const pager = document.querySelector(".pager");
  const next = pager?.querySelector("[rel=next]");
  if (!next) return;
  new IntersectionObserver((entries, watch) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    grow(pager, next);
  }, { rootMargin: "1200px" }).observe(pager);
}
if (body) watchPager();

// A change that has come already is gone to here.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".changes-index a, .turn a");
  const there = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!there) return;
  event.preventDefault();
  location.hash = link.hash;
});

function stepChange(by) {
  const changes = [...document.querySelectorAll(".sides th[id^='c-']")];
  const line = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) + 8;
  const passed = changes.filter((each) => each.getBoundingClientRect().top < (by > 0 ? line : line - 16)).length;
  const next = changes[by > 0 ? passed : passed - 1];
  if (next) location.replace(`#${next.id}`);
}
Object.assign(shortcuts, { n: () => stepChange(1), N: () => stepChange(-1) });
