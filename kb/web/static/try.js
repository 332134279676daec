// The interface's page: send what the form says, show what comes back.
"use strict";

for (const form of document.querySelectorAll("form.try")) {
  const button = form.querySelector("button");
  if (!button) continue;
  button.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = {};
    let path = form.dataset.template;
    for (const field of form.elements) {
      if (!field.name || field.value === "") continue;
      if (field.dataset.in === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
      else given[field.name] = field.value;
    }
    const sent = form.method === "post" && {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(given)};
    const query = new URLSearchParams(sent ? {} : given);
    const address = query.size ? `${path}?${query}` : path;
    const shown = form.querySelector(".answer");
    const started = performance.now();
    const answer = await fetch(address, sent || {});
    const text = await answer.text();
    shown.hidden = false;
    shown.querySelector("p").textContent = `${answer.status}　${Math.round(performance.now() - started)} ms　${address}`;
    shown.querySelector("pre").textContent = JSON.stringify(JSON.parse(text), null, 2).slice(0, 20000);
  });
}
