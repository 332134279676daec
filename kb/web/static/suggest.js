// Suggestions under a search box while somebody types: places, titles, headings, and the reader's own earlier queries,
// which stay in this browser. A combobox as WAI-ARIA describes it; without scripts the box is a plain one.
"use strict";

(() => {
  const KEPT = "kb-queries", MOST = 100, SHOWN_EARLIER = 3, PAUSE = 80;
  const NAMES = { place: "直达", title: "文件", heading: "标题", word: "词", earlier: "查过" };

  const earlier = () => {
    try { return JSON.parse(localStorage.getItem(KEPT) ?? "[]"); } catch { return []; }
  };
  const remember = (query) => {
    const kept = [query, ...earlier().filter((each) => each !== query)].slice(0, MOST);
    try { localStorage.setItem(KEPT, JSON.stringify(kept)); } catch { /* A private window keeps nothing. */ }
  };

  const asked = new URLSearchParams(location.search).get("q")?.trim();
  if (asked && location.pathname.endsWith("/search")) remember(asked);

  for (const input of document.querySelectorAll("input[data-suggest]")) {
    const list = document.createElement("ul");
    list.id = `${input.id}-suggestions`;
    list.className = "suggest";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "检索建议");
    list.hidden = true;
    input.form.append(list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("aria-expanded", "false");

    let active = -1, waiting = 0, latest = 0;

    const close = () => {
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };

    const point = (index) => {
      const options = list.children;
      if (!options.length) return;
      options[active]?.setAttribute("aria-selected", "false");
      active = (index + options.length) % options.length;
      options[active].setAttribute("aria-selected", "true");
      options[active].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", options[active].id);
    };

    const address = ({ kind, text, document: id, anchor }) => {
      if (id) return `/d/${encodeURIComponent(id)}${anchor ? `#${encodeURIComponent(anchor)}` : ""}`;
      return `${input.form.action}?${new URLSearchParams({ q: kind === "heading" ? `"${text}"` : text })}`;
    };

    const show = (found) => {
      list.replaceChildren(...found.map((each, index) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${index}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        const kind = document.createElement("span");
        kind.className = "kind";
        kind.textContent = NAMES[each.kind];
        option.append(kind, " ", each.text);
        option.addEventListener("pointerdown", (event) => { event.preventDefault(); location.href = address(each); });
        option.address = address(each);
        return option;
      }));
      active = -1;
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
    };

    const ask = async () => {
      const typed = input.value.trim(), mine = ++latest;
      const own = earlier().filter((each) => each.startsWith(typed) && each !== typed).slice(0, SHOWN_EARLIER)
        .map((text) => ({ text, kind: "earlier" }));
      if (!typed) { show(own); return; }
      const answer = await fetch(`${input.dataset.suggest}?${new URLSearchParams({ q: typed })}`).catch(() => null);
      if (mine !== latest || document.activeElement !== input) return;
      const found = answer?.ok ? (await answer.json()).suggestions : [];
      show([...own, ...found.filter((each) => !own.some((other) => other.text === each.text))]);
    };

    input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, PAUSE); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (list.hidden) { if (event.key === "ArrowDown") ask(); return; }
        event.preventDefault();
        point(event.key === "ArrowDown" ? active + 1 : active < 0 ? -1 : active - 1);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      } else if (event.key === "Enter" && active >= 0) {
        event.preventDefault();
        location.href = list.children[active].address;
      }
    });
  }
})();
