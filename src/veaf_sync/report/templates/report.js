(() => {
  "use strict";
  const sections = [...document.querySelectorAll("details[data-verdict]")];
  const filter = document.getElementById("filter");
  const said = document.createElement("output");
  const words = document.createElement("input");
  const all = document.createElement("button");
  words.type = "search";
  words.placeholder = "Key, title, team …";
  words.setAttribute("aria-label", "Show only items with these words");
  all.type = "button";
  all.textContent = "Show all";
  filter.append(said, words, all);
  filter.hidden = false;

  let wanted = [], verdict = "", label = "", value = 0;
  const number = (value) => String(Math.round(value * 10) / 10);

  const asked = (section) => verdict ? section.dataset.verdict === verdict : section.dataset.verdict !== "moved";

  const weight = (row) => {
    if (!row.dataset.w || !wanted.some((token) => token[0] === "o")) return 1;
    return row.dataset.w.split(" ").map((pair) => pair.split(":"))
      .reduce((sum, [token, share]) => sum + (wanted.includes(token) ? Number(share) : 0), 0);
  };

  const apply = () => {
    const typed = words.value.trim().toLowerCase();
    const narrowed = label !== "" || typed !== "";
    let shown = 0, sum = 0;
    for (const section of sections) {
      let here = 0;
      for (const row of section.querySelectorAll("tbody > tr")) {
        const tokens = row.dataset.f.split(" ");
        const hit = (!wanted.length || wanted.some((token) => tokens.includes(token)))
          && (!typed || row.textContent.toLowerCase().includes(typed));
        row.hidden = !hit;
        if (hit) { here += 1; if (asked(section)) { shown += 1; sum += weight(row); } }
      }
      section.querySelector(".found").dataset.all ||= section.querySelector(".found").textContent;
      section.querySelector(".found").textContent = section.querySelector(".found").dataset.all + (narrowed && asked(section) ? `, ${here} shown` : "");
      if (narrowed) section.open = here > 0 && asked(section);
    }
    const own = sections.find((section) => section.dataset.verdict === verdict)?.dataset.rest;
    const parts = Math.abs(sum - shown) > 1e-9 ? ` (${number(sum)} by their shares)` : "";
    const rest = value - sum > 1e-6 && !typed ? ` The number counts ${number(value)}. ${own || filter.dataset.rest}` : "";
    const named = (label || "items") + (typed ? ` with “${typed}”` : "");
    said.textContent = narrowed ? `Showing ${named}: ${shown} rows${parts}.${rest}` : "Showing everything. Choose any number above, or type.";
    all.disabled = !narrowed;
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-n]");
    if (!link) return;
    wanted = link.dataset.f ? link.dataset.f.split(" ") : [];
    verdict = link.dataset.v;
    label = link.dataset.n;
    value = Number(link.dataset.value || 0);
    words.value = "";
    apply();
  });
  words.addEventListener("input", apply);
  all.addEventListener("click", () => {
    wanted = []; verdict = ""; label = ""; value = 0; words.value = "";
    apply();
    for (const section of sections) section.open = asked(section);
  });
  apply();
})();
