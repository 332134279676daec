// What a browser with scripts adds to citing: buttons that copy, the citation of selected words, and links to sections
// that got another number. Every page works without it.
"use strict";

(() => {
  const panel = document.getElementById("kb-cite");
  const words = document.querySelector(".text");

  async function copyText(text, control) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Clipboards need a secure origin; over plain HTTP the reader copies by hand.
      prompt("复制：", text);
      return;
    }
    control.classList.add("copied");
    setTimeout(() => control.classList.remove("copied"), 1600);
  }

  for (const button of document.querySelectorAll("button.copies")) button.hidden = false;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.copies");
    if (button) copyText(document.getElementById(button.dataset.copies).textContent, button);
  });

  if (!panel || !words) return;

  // A link to a section that is not here: an older version may have had it under this number.
  const wanted = decodeURIComponent(location.hash.slice(1).split(":~:")[0]);
  if (wanted && !document.getElementById(wanted)) {
    location.replace(`${panel.dataset.address}/${encodeURIComponent(wanted)}`);
  }

  const bar = document.createElement("div");
  bar.className = "selected";
  bar.hidden = true;
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "引用选中的文字");
  bar.innerHTML = '<button type="button" data-form="quotation">复制引文与出处</button>' +
    '<button type="button" data-form="fragment">复制高亮链接</button><a>全部格式</a>';
  document.body.append(bar);

  function selection() {
    const chosen = getSelection();
    if (chosen.isCollapsed || !chosen.rangeCount) return null;
    const range = chosen.getRangeAt(0);
    const text = chosen.toString().replaceAll("¶", "").trim();
    if (!text || text.length > 5000 || !words.contains(range.commonAncestorContainer)) return null;
    const start = range.startContainer;
    const holder = (start.nodeType === Node.ELEMENT_NODE ? start : start.parentElement).closest("[id]:not(mark)");
    return {text, anchor: holder ? holder.id : "", box: range.getBoundingClientRect()};
  }

  function address(base, chosen) {
    return `${base}?${new URLSearchParams({anchor: chosen.anchor, text: chosen.text})}`;
  }

  function offer() {
    const chosen = selection();
    bar.hidden = !chosen;
    if (!chosen) return;
    bar.querySelector("a").href = address(panel.dataset.page, chosen);
    bar.style.top = `${scrollY + chosen.box.bottom + 8}px`;
    bar.style.left = `${Math.max(8, Math.min(scrollX + chosen.box.left, innerWidth - bar.offsetWidth - 8))}px`;
  }

  let waiting;
  document.addEventListener("selectionchange", () => {
    clearTimeout(waiting);
    waiting = setTimeout(offer, 200);
  });
  // Pressing a button must not take the selection away.
  bar.addEventListener("pointerdown", (event) => event.preventDefault());
  bar.addEventListener("click", async (event) => {
    const button = event.target.closest("button"), chosen = selection();
    if (!button || !chosen) return;
    const answer = await fetch(address(panel.dataset.citation, chosen));
    const citation = await answer.json();
    if (!answer.ok) {
      prompt("不能引用这段文字：", citation.detail);
      return;
    }
    const form = citation.forms.find((each) => each.name === button.dataset.form);
    copyText(form ? form.text : citation.fragment_url, button);
  });
})();
