// What was heard, as the page holds it, drawn on the recording and listed below it.
//
// answer: { request, windows: [{ start, end, species: [{ code, common_name, confidence }] }], species: […] }

import { $, clock, make, percent } from "./parts.js";
import { verdicts } from "./words.js";

const TINTS = ["#ffd166", "#8fd3ff", "#ffb0cb", "#b9ee8f", "#d8bdff", "#ffba8a"];
/** Of a species, before somebody asks for more. */
const TIMES = 8;
const tints = new Map();
const tintOf = code => {
  if (!tints.has(code)) tints.set(code, TINTS[tints.size % TINTS.length]);
  return tints.get(code);
};

/** From what /v1/identify answers. */
export function answerOf({ request, windows, species }) {
  return {
    request, species,
    windows: windows.map(({ start, end, probabilities }) => ({
      start, end,
      species: species
        .filter(one => one.starts.includes(start))
        .map(one => ({ ...one, confidence: probabilities?.[one.code] ?? one.confidence }))
        .sort((a, b) => b.confidence - a.confidence),
    })),
  };
}

/** From windows as a stream answers them, and what its `summary` says of the species in them. */
export function gathered(request, windows, summary) {
  const found = new Map(), said = new Map(summary?.species?.map(one => [one.code, one]));
  for (const { start, species } of windows) {
    for (const one of species) {
      const known = found.get(one.code) ?? { ...said.get(one.code), ...one, starts: [] };
      found.set(one.code, { ...known, confidence: Math.max(known.confidence, one.confidence), starts: [...known.starts, start] });
    }
  }
  return { request, windows, species: [...found.values()].sort((a, b) => b.confidence - a.confidence) };
}

const inWords = ({ start, end, species }) =>
  `${clock(start)} to ${clock(end)}: ${species.map(s => `${s.common_name} ${percent(s.confidence)}`).join(", ") || "nothing it is sure of"}`;

/** The windows over the picture: one stop of the tab key, arrows move among them; `play(window)` on a click or Enter. */
export class WindowRow {
  #home = $("windows"); #play; #shown = [];

  constructor(play) {
    this.#play = play;
    this.#home.addEventListener("keydown", event => this.#move(event));
  }

  show(windows) {
    this.clear();
    windows.forEach(window => this.add(window));
  }

  clear() {
    this.#shown = [];
    this.#home.replaceChildren();
  }

  add(window) {
    const button = make("button"), { start, end, species } = window, before = this.#home.lastElementChild;
    button.type = "button";
    button.tabIndex = before ? -1 : 0;
    button.setAttribute("aria-label", `Play ${inWords(window)}`);
    button.style.left = `calc(var(--second) * ${start})`;
    button.style.width = `calc(var(--second) * ${end - start})`;
    // Windows may overlap: each takes the clicks up to where the next begins.
    if (before) before.style.width = `calc(var(--second) * ${start - this.#shown.at(-1).start})`;
    button.append(...species.slice(0, 4).map((one, i) => {
      const box = make("span", "call"), inset = `${1.6 * i}rem`;
      box.style.setProperty("--tint", tintOf(one.code));
      box.style.top = inset;
      box.style.width = `calc(var(--second) * ${end - start} - 4px)`;
      box.append(make("span", "", `${one.common_name} ${percent(one.confidence)}`));
      return box;
    }));
    button.onclick = () => this.#choose(button, window);
    this.#shown.push(window);
    this.#home.append(button);
  }

  #choose(button, window) {
    for (const other of this.#home.children) other.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    this.#focus(button, false);
    this.#play(window);
  }

  #move(event) {
    const all = [...this.#home.children], at = all.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || !all[to]) return;
    event.preventDefault();
    this.#focus(all[to], true);
  }

  #focus(button, now) {
    for (const other of this.#home.children) other.tabIndex = other === button ? 0 : -1;
    if (now) button.focus();
  }
}

/** The chosen window in words, and what may be said of it. */
export function showWindow(window, request) {
  const home = $("window"), list = make("ul");
  const name = make("strong", "", `${clock(window.start)} to ${clock(window.end)}`);
  for (const one of window.species) {
    const item = make("li");
    item.style.setProperty("--tint", tintOf(one.code));
    item.append(make("span", "name", `${one.common_name} ${percent(one.confidence)}`));
    if (request) item.append(verdicts(request, one, window.species.length > 1, window));
    list.append(item);
  }
  if (!window.species.length) {
    const item = make("li", "", "Nothing that the model is sure of.");
    if (request) item.append(verdicts(request, null, false, window));
    list.append(item);
  }
  home.replaceChildren(name, list);
  home.hidden = false;
}

/** A card for each species of the whole recording. */
export function showSpecies(answer, play) {
  $("species").replaceChildren(...answer.species.map(one => card(one, answer, play)));
  if (!answer.species.length) {
    $("species").append(make("li", "nothing", "Nothing that the model knows is over its threshold. If something calls, say what it was."));
  }
}

function card(one, answer, play) {
  const item = make("li"), row = make("div", "row"), times = make("div", "times");
  item.style.setProperty("--tint", tintOf(one.code));
  row.append(make("span", "name", one.common_name), make("span", "sure", percent(one.confidence)));
  const meter = Object.assign(make("meter"), { value: one.confidence });
  meter.setAttribute("aria-label", `Confidence ${percent(one.confidence)}`);
  const science = make("span", "science");
  if (one.scientific_name) science.append(make("i", "", one.scientific_name), ` · ${one.class_name}`);
  const heard = answer.windows.filter(w => one.starts.includes(w.start));
  heard.forEach((window, i) => {
    const button = Object.assign(make("button", "", `▸ ${clock(window.start)}`), { type: "button" });
    button.setAttribute("aria-label", `Play ${one.common_name} at ${clock(window.start)}`);
    button.onclick = () => play(window);
    button.hidden = i >= TIMES;
    times.append(button);
  });
  if (heard.length > TIMES) {
    const more = Object.assign(make("button", "", `… and ${heard.length - TIMES} more`), { type: "button" });
    more.onclick = () => {
      for (const button of times.children) button.hidden = button === more;
      times.children[TIMES].focus();
    };
    times.append(more);
  }
  item.append(row, science, meter, times);
  if (answer.request) item.append(verdicts(answer.request, one, answer.species.length > 1));
  return item;
}
