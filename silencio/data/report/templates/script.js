"use strict";
document.documentElement.classList.add("js");

// One sound at a time; the head runs over the picture that belongs to it.
let playing = null;
function stop() {
  if (!playing) return;
  playing.querySelector("audio").pause();
  playing.classList.remove("playing");
  playing = null;
}
function play(card) {
  const audio = card.querySelector("audio"), head = card.querySelector(".head");
  const again = card !== playing;
  stop();
  if (!again) return;
  playing = card;
  card.classList.add("playing");
  audio.currentTime = 0;
  audio.onended = stop;
  audio.play().catch(stop);
  (function move() {
    if (playing !== card) return;
    head.style.left = (100 * audio.currentTime / (audio.duration || 1)) + "%";
    requestAnimationFrame(move);
  })();
}
for (const card of document.querySelectorAll(".sample"))
  for (const part of card.querySelectorAll(".play, .picture")) part.addEventListener("click", () => play(card));

// The table of species: a click on a heading sorts, letters filter, and a long one starts short.
const SHORT = 16;
const box = document.querySelector(".sortable"), body = box && box.querySelector("tbody");
if (box) {
  const rows = [...body.rows], find = document.getElementById("find"), all = document.getElementById("all");
  const found = document.getElementById("found");
  let whole = rows.length <= SHORT + 4;
  const show = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fit = [...body.rows].filter(row => words.every(word => row.textContent.toLowerCase().includes(word)));
    for (const row of rows) row.hidden = true;
    const shown = whole || words.length ? fit : fit.slice(0, SHORT);
    for (const row of shown) row.hidden = false;
    found.textContent = words.length ? fit.length + " of " + rows.length : "";
    all.hidden = shown.length === fit.length;
    all.textContent = "Show all " + rows.length;
  };
  const valueOf = (row, k) => {
    const data = row.cells[k].querySelector("data");
    return data ? Number(data.value) : row.cells[k].textContent.trim().toLowerCase();
  };
  [...box.querySelectorAll("thead th")].forEach((head, k) => {
    if (head.classList.contains("bar")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    const number = head.classList.contains("n");
    button.addEventListener("click", () => {
      const down = head.ariaSort ? head.ariaSort === "ascending" : number;
      for (const other of box.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const way = down ? -1 : 1;
      const keyed = [...body.rows].map(row => [valueOf(row, k), row]);
      keyed.sort(([a], [b]) => way * (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? 1 : -1));
      body.append(...keyed.map(([, row]) => row));
      show();
    });
  });
  find.addEventListener("input", show);
  all.addEventListener("click", () => { whole = true; show(); });
  document.querySelector(".tools").hidden = false;
  show();
}

// A link into what is folded opens it.
function unfold() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  const fold = target && target.closest("details");
  if (fold) { fold.open = true; target.scrollIntoView(); }
}
addEventListener("hashchange", unfold);
unfold();

const links = new Map([...document.querySelectorAll("nav a")].map(a => [a.hash.slice(1), a]));
const watch = new IntersectionObserver(entries => {
  for (const entry of entries) if (entry.isIntersecting) {
    for (const link of links.values()) { link.classList.remove("here"); link.removeAttribute("aria-current"); }
    const link = links.get(entry.target.id);
    link.classList.add("here");
    link.setAttribute("aria-current", "true");
    // On a phone the contents are a strip of their own.
    const strip = link.closest("ol");
    if (strip.scrollWidth > strip.clientWidth) strip.scrollLeft = link.offsetLeft - 16;
  }
}, { rootMargin: "-10% 0px -80% 0px" });
for (const section of document.querySelectorAll("main > section")) watch.observe(section);
