// What every part of the page is made of.

export const $ = id => document.getElementById(id);
export const make = (tag, name, text) => Object.assign(document.createElement(tag), { className: name ?? "", textContent: text ?? "" });
export const clock = s => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
export const percent = p => `${Math.round(100 * p)} %`;
