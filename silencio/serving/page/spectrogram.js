// The picture of a recording: time to the right, pitch upwards, as ears space it. Only what is seen is computed,
// so that ten minutes cost no more than ten seconds.

import { SIZE, look } from "./fourier.js";

const ROWS = 160, TILE = 128, TILES_KEPT = 120, LOWEST = 100, PACE = 80;
const KILOHERTZ = [0.5, 1, 2, 4, 8, 16];
// From night over moss to sunlight.
const COLOURS = [[8, 17, 13], [15, 52, 43], [28, 104, 78], [96, 160, 92], [226, 208, 116], [255, 249, 222]];

const mel = hertz => Math.log1p(hertz / 700);
const hertzOf = mel => 700 * Math.expm1(mel);

const palette = Uint32Array.from({ length: 256 }, (_, i) => {
  const at = (i / 255) * (COLOURS.length - 1), from = Math.min(Math.floor(at), COLOURS.length - 2);
  const [r, g, b] = COLOURS[from].map((c, k) => Math.round(c + (at - from) * (COLOURS[from + 1][k] - c)));
  return (255 << 24) | (b << 16) | (g << 8) | r;
});

export class Spectrogram {
  #parts; #samples; #rate; #tiles = new Map(); #bins; #levels = [-20, 30]; #settles = 1; #grows = false; #drawing = 0;
  #power = new Float32Array(SIZE / 2); #column = new Float32Array(ROWS);
  perSecond = 60;

  /** `parts`: scroller, film, canvas, clock and kilohertz, elements of the page. */
  constructor(parts) {
    this.#parts = parts;
    parts.scroller.addEventListener("scroll", () => this.#draw(), { passive: true });
    new ResizeObserver(() => this.#layOut()).observe(parts.scroller);
  }

  get seconds() { return (this.#samples?.length ?? 0) / this.#rate; }

  /** A whole recording, [samples]. */
  show(samples, rate) {
    this.#begin(samples, rate);
    this.#grows = false;
    this.#levels = this.#levelsOf();
    this.#layOut();
  }

  /** One that still grows: all of it up to now. What was drawn of its end is drawn anew. */
  follow(samples, rate) {
    if (!this.#grows) {
      this.#begin(samples, rate);
      this.#grows = true;
      this.#settles = 1;
    }
    // Its last column knew only half of what it looks at.
    const sure = (this.seconds - SIZE / rate) * this.perSecond;
    for (const at of this.#tiles.keys()) if ((at + 1) * TILE >= sure) this.#tiles.delete(at);
    this.#samples = samples;
    // What is loud is known better and better: looked at anew after 1, 2, 4 … seconds.
    if (this.seconds >= this.#settles) {
      this.#levels = this.#levelsOf();
      this.#settles = 2 * this.seconds;
      this.#tiles.clear();
    }
    this.#layOut();
    this.#parts.scroller.scrollLeft = this.#parts.film.scrollWidth;
  }

  /** Brings a time into view: at once, for a picture that glides by itself. */
  seek(seconds) {
    const { scroller } = this.#parts, x = seconds * this.perSecond, room = scroller.clientWidth;
    if (x < scroller.scrollLeft || x > scroller.scrollLeft + 0.8 * room) scroller.scrollLeft = x - 0.15 * room;
  }

  #begin(samples, rate) {
    const top = mel(Math.min(rate / 2, 16000)), low = mel(LOWEST);
    this.#samples = samples;
    this.#rate = rate;
    this.#tiles.clear();
    // Row 0 is the highest; each takes the frequencies from its lower to its upper edge.
    this.#bins = Array.from({ length: ROWS + 1 }, (_, row) =>
      (hertzOf(top - ((top - low) * row) / ROWS) * SIZE) / rate);
    this.#parts.kilohertz.replaceChildren(...KILOHERTZ.filter(k => 1000 * k < rate / 2.05).map(k => {
      const label = document.createElement("span");
      label.textContent = `${k} kHz`;
      label.style.top = `${100 * (top - mel(1000 * k)) / (top - low)}%`;
      return label;
    }));
  }

  #layOut() {
    if (!this.#samples) return;
    const { scroller, film, canvas, clock } = this.#parts, room = scroller.clientWidth;
    // A short recording fills the room it has; one that still grows keeps its pace.
    const perSecond = this.#grows ? PACE : Math.max(60, Math.min(400, room / Math.max(this.seconds, 0.1)));
    if (perSecond !== this.perSecond) this.#tiles.clear();
    this.perSecond = perSecond;
    film.style.width = `${Math.max(room, this.seconds * perSecond)}px`;
    film.style.setProperty("--second", `${perSecond}px`);
    // As wide as what is seen of the film, which is wider.
    canvas.style.width = `${room}px`;
    canvas.width = room;
    canvas.height = ROWS;
    const step = [1, 2, 5, 10].find(s => s * perSecond >= 70) ?? 10;
    const count = Math.floor(Math.max(0, this.seconds - 0.01) / step) + 1;
    while (clock.children.length > count) clock.lastChild.remove();
    for (let i = 0; i < count; i++) {
      const label = clock.children[i] ?? clock.appendChild(document.createElement("span"));
      const time = i * step;
      label.textContent = `${Math.floor(time / 60)}:${String(time % 60).padStart(2, "0")}`;
      label.style.left = `${time * perSecond}px`;
    }
    this.#draw();
  }

  #draw() {
    cancelAnimationFrame(this.#drawing);
    this.#drawing = requestAnimationFrame(() => this.#paint());
  }

  /** A few tiles at a time: a picture that is not ready holds up nobody who scrolls on. */
  #paint() {
    if (!this.#samples) return;
    const { scroller, canvas } = this.#parts, left = scroller.scrollLeft, room = canvas.width;
    const pen = canvas.getContext("2d"), until = performance.now() + 12;
    const last = Math.min(left + room, this.seconds * this.perSecond);
    pen.clearRect(0, 0, room, ROWS);
    for (let at = Math.floor(left / TILE); at * TILE < last; at++) {
      if (!this.#tiles.has(at)) {
        if (performance.now() > until) { this.#draw(); continue; }
        if (this.#tiles.size >= TILES_KEPT) this.#tiles.delete(this.#tiles.keys().next().value);
        this.#tiles.set(at, this.#tile(at));
      }
      pen.drawImage(this.#tiles.get(at), at * TILE - left, 0);
    }
  }

  #tile(at) {
    const tile = new OffscreenCanvas(TILE, ROWS), pen = tile.getContext("2d");
    const image = pen.createImageData(TILE, ROWS), pixels = new Uint32Array(image.data.buffer);
    const [low, high] = this.#levels;
    for (let x = 0; x < TILE; x++) {
      const time = (at * TILE + x) / this.perSecond;
      if (time >= this.seconds) break;
      this.#hear(time);
      for (let row = 0; row < ROWS; row++) {
        const level = (this.#column[row] - low) / (high - low);
        pixels[row * TILE + x] = palette[Math.max(0, Math.min(255, Math.round(255 * level)))];
      }
    }
    pen.putImageData(image, 0, 0);
    return tile;
  }

  /** Decibels by row at a time, into `#column`. */
  #hear(time) {
    look(this.#samples, time * this.#rate, this.#power);
    for (let row = 0; row < ROWS; row++) {
      const upper = Math.min(this.#bins[row], SIZE / 2 - 1), lower = this.#bins[row + 1];
      let power = 0;
      if (upper - lower < 1.5) {
        // Narrower than what can be told apart: between the two nearest.
        const middle = (upper + lower) / 2, i = Math.min(Math.floor(middle), SIZE / 2 - 2);
        power = this.#power[i] + (middle - i) * (this.#power[i + 1] - this.#power[i]);
      } else {
        for (let i = Math.ceil(lower); i <= upper; i++) power = Math.max(power, this.#power[i]);
      }
      this.#column[row] = 10 * Math.log10(power + 1e-9);
    }
  }

  /** What is black and what is white: the hush of this recording, and its loudest calls. */
  #levelsOf() {
    const heard = [];
    for (let i = 0; i < 120; i++) {
      this.#hear(((i + 0.5) / 120) * this.seconds);
      heard.push(...this.#column);
    }
    heard.sort((a, b) => a - b);
    const high = heard[Math.floor(0.998 * (heard.length - 1))];
    return [Math.min(heard[Math.floor(0.45 * heard.length)], high - 30), high];
  }
}
