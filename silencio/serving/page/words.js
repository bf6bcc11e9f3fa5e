// What a visitor says of an answer: right, wrong, or what it was. Saying something else later takes its place.

import { $, make } from "./parts.js";
import { feedback, species } from "./service.js";

const WHO = "silencio who";
const MOST = 60;

let known = null;

$("who").value = localStorage.getItem(WHO) ?? "";
$("who").addEventListener("change", () => localStorage.setItem(WHO, $("who").value.trim()));

/**
 * Buttons for a word about one species (or about none that was heard: null) of an answer with `others` beside it,
 * in the whole recording or in a window of it.
 */
export function verdicts(request, about, others, window) {
  const home = make("div", "verdict"), thanks = make("span", "thanks");
  thanks.setAttribute("role", "status");
  const said = { request, ...(window && { start: window.start, end: window.end }) };
  const choices = about ? [["right", "Right"], ["wrong", "Wrong"], ["is", "It was …"]] : [["is", "It was …"]];
  const buttons = choices.map(([verdict, text]) => {
    const button = Object.assign(make("button", "", text), { type: "button" });
    button.setAttribute("aria-pressed", "false");
    if (about) button.setAttribute("aria-label", `${about.common_name}: ${text.toLowerCase()}`);
    if (verdict === "is") button.setAttribute("aria-haspopup", "dialog");
    button.onclick = async () => {
      const it = verdict === "is" ? await choose() : about;
      if (!it) return;
      const words = verdict === "is" ? itWas(it.code, about?.code, others) : [{ verdict, species: it.code }];
      if (!await say(words.map(word => ({ ...said, ...word })), thanks)) return;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      thanks.textContent = verdict === "is"
        ? `Thank you: ${it.common_name}. To change it, say it again.`
        : `Thank you: ${verdict}. To change it, say something else.`;
    };
    return button;
  });
  home.append(...buttons, thanks);
  return home;
}

/** To name a species alone denies all others. Where others were heard, nothing was said of them. */
function itWas(code, notThis, others) {
  if (!others) return [{ species: code }];
  const right = { verdict: "right", species: code };
  return notThis && notThis !== code ? [{ verdict: "wrong", species: notThis }, right] : [right];
}

/** Whether the words were kept; if not, `thanks` says why. */
export async function say(words, thanks) {
  const who = $("who").value.trim();
  thanks.classList.toggle("alarm", !who);
  if (!who) {
    thanks.textContent = "Say who you are first: a word counts with the name of who said it.";
    $("who").focus();
    return false;
  }
  localStorage.setItem(WHO, who);
  try {
    for (const word of words) await feedback({ ...word, said_by: who });
    return true;
  } catch (error) {
    thanks.classList.add("alarm");
    thanks.textContent = error.message;
    return false;
  }
}

/** The species that a visitor picks from all that the model knows, or null. */
export async function choose() {
  const from = document.activeElement, dialog = $("chooser"), search = $("search"), list = $("found");
  try {
    known ??= await species();
  } catch {
    return null;
  }
  return new Promise(resolve => {
    let shown = [], at = 0;
    const mark = () => {
      [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
      const item = shown.length ? list.children[at] : null;
      item?.scrollIntoView({ block: "nearest" });
      if (item) search.setAttribute("aria-activedescendant", item.id);
      else search.removeAttribute("aria-activedescendant");
    };
    const find = () => {
      const wanted = search.value.trim().toLowerCase();
      shown = known.filter(s => [s.common_name, s.scientific_name, s.code].some(n => n.toLowerCase().includes(wanted))).slice(0, MOST);
      list.replaceChildren(...shown.map((one, i) => {
        const item = Object.assign(make("li", "", one.common_name), { id: `found${i}` });
        item.setAttribute("role", "option");
        item.append(make("small", "", `${one.scientific_name} · ${one.class_name}`));
        item.onclick = () => end(one);
        return item;
      }));
      if (!shown.length) list.append(make("li", "", "The model knows none of that name."));
      at = 0;
      mark();
    };
    const end = one => { dialog.returnValue = ""; done(one); dialog.close(); };
    const done = one => {
      search.oninput = search.onkeydown = dialog.onclose = $("unchosen").onclick = null;
      from?.focus();
      resolve(one);
    };
    search.oninput = find;
    search.onkeydown = event => {
      if (event.key === "Enter" && shown[at]) { event.preventDefault(); end(shown[at]); }
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step || !shown.length) return;
      event.preventDefault();
      at = (at + step + shown.length) % shown.length;
      mark();
    };
    dialog.onclose = () => done(null);
    $("unchosen").onclick = () => end(null);
    search.value = "";
    find();
    dialog.showModal();
    search.focus();
  });
}
