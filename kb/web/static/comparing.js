// A comparison in a browser with scripts: the rest comes as one scrolls, n and N go through the changes. Without: pages and links.
"use strict";

const body = document.querySelector(".sides tbody");

// What stands below the rows waits until they are all there: else it would move under the reader's eyes.
async function grow(next) {
  const answer = await fetch(next.href).catch(() => null);
  const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  if (page) {
    const rows = [...page.querySelectorAll(".sides tbody tr")];
    for (let at = 0; at < rows.length; at += 15) { // a screenful at a time: the page goes on answering
      body.append(...rows.slice(at, at + 15));
      await new Promise(requestAnimationFrame);
    }
    const following = page.querySelector(".pager");
    if (following) document.querySelector(".pager").replaceWith(following);
    else document.querySelector(".pager").remove();
  }
  watchEnd(Boolean(page));
}

function watchEnd(going) {
  const next = document.querySelector(".pager [rel=next]");
  document.documentElement.classList.toggle("growing", Boolean(next) && going);
  if (!next || !going) return;
  new IntersectionObserver((entries, watch) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    grow(next);
  }, { rootMargin: "1200px" }).observe(body.lastElementChild);
}
if (body) watchEnd(true);

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
