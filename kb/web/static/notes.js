// Sections that a reader keeps, with notes, in the storage of this browser; exported as Markdown or JSON.
"use strict";

const STORE = "kb-notes";

function kept() {
  return JSON.parse(localStorage.getItem(STORE) ?? "[]");
}

function keep(notes) {
  localStorage.setItem(STORE, JSON.stringify(notes));
}

const same = (one, other) => one.document === other.document && one.anchor === other.anchor;

// On a document: the dialog of the section that the reader is at.
const dialog = document.getElementById("kb-note");
if (dialog) {
  const text = dialog.querySelector("textarea");
  let subject = null;

  const marks = () => {
    const anchors = new Set(kept().filter((note) => note.document === dialog.dataset.document).map((note) => note.anchor));
    for (const passage of passages) passage.classList.toggle("kept", anchors.has(passage.id));
  };

  const open = () => {
    const passage = lookedAt();
    const label = passage ? nameOf(links.get(passage.id)) : "";
    const { document: id, title, address } = dialog.dataset;
    subject = { document: id, title, anchor: passage?.id ?? "", label, address };
    text.value = kept().find((note) => same(note, subject))?.note ?? "";
    dialog.querySelector(".of").textContent = `${title} ${label}`;
    dialog.returnValue = "";
    dialog.showModal();
  };

  dialog.addEventListener("close", () => {
    if (!dialog.returnValue) return;
    const others = kept().filter((note) => !same(note, subject));
    const added = new Date().toISOString();
    keep(dialog.returnValue === "keep" ? [...others, { ...subject, note: text.value.trim(), added }] : others);
    marks();
  });
  document.querySelector("[data-note]").addEventListener("click", open);
  shortcuts.s = open;
  marks();
}

// The page of everything kept.
const shelf = document.getElementById("kb-notes");
if (shelf) {
  const list = shelf.querySelector(".kept");
  const template = shelf.querySelector("template");
  const trouble = shelf.querySelector(".trouble");
  const href = (note) => `${note.address}${note.anchor ? `#${encodeURIComponent(note.anchor)}` : ""}`;

  const show = () => {
    const notes = kept();
    list.replaceChildren(...notes.map((note) => {
      const item = template.content.cloneNode(true);
      const link = item.querySelector("a");
      link.href = href(note);
      link.textContent = `${note.title} ${note.label}`;
      item.querySelector(".facts").textContent = note.added.slice(0, 10);
      item.querySelector(".written").textContent = note.note;
      item.querySelector("[data-drop]").addEventListener("click", () => {
        keep(kept().filter((other) => !same(other, note)));
        show();
      });
      return item;
    }));
    shelf.querySelector(".empty").hidden = notes.length > 0;
    for (const button of shelf.querySelectorAll("[data-export]")) button.disabled = !notes.length;
  };

  const written = {
    json: (notes) => JSON.stringify(notes, null, 2),
    md: (notes) => notes.map((note) => {
      const quoted = note.note ? `\n\n${note.note.split("\n").map((line) => `  > ${line}`).join("\n")}` : "";
      return `- [${note.title} ${note.label}](${new URL(href(note), location.href)})${quoted}\n`;
    }).join("\n"),
  };

  for (const button of shelf.querySelectorAll("[data-export]")) {
    button.addEventListener("click", () => {
      const kind = button.dataset.export;
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([written[kind](kept())], { type: "text/plain" }));
      link.download = `kb-notes.${kind}`;
      link.click();
      URL.revokeObjectURL(link.href);
    });
  }

  // Only addresses of this site: an imported file must not make links to anywhere else.
  const sound = (note) => ["document", "title", "anchor", "label", "address", "note", "added"].every((key) => typeof note?.[key] === "string")
    && /^\/(?![/\\])/.test(note.address);

  shelf.querySelector("input[type=file]").addEventListener("change", async ({ target }) => {
    trouble.textContent = "";
    try {
      const notes = JSON.parse(await target.files[0].text());
      if (!Array.isArray(notes) || !notes.every(sound)) throw new SyntaxError("not notes");
      keep([...kept().filter((old) => !notes.some((note) => same(note, old))), ...notes]);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      trouble.textContent = trouble.dataset.bad;
    }
    target.value = "";
    show();
  });
  show();
}
