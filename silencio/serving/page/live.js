// Listening along while it is recorded: over a socket where there is one, window by window where there is none.

import { answerOf, gathered } from "./answer.js";
import { identify, stream } from "./service.js";
import { toPcm, toWav } from "./samples.js";

/**
 * Hears a recording as it grows. `hears(window)` is called for every window that is answered, `fails(error)` when
 * nobody answers any more; `finish(tape)` resolves to the answer of the whole.
 */
export async function listen(rate, windowSeconds, wishes, hears, fails) {
  const begin = { format: "pcm_s16le", sample_rate: rate, channels: 1, ...wishes };
  const socket = await stream(begin);
  return socket ? new Socket(socket, hears, fails) : new Posted(rate, windowSeconds, wishes, hears, fails);
}

/** Whole at the end, as a file would be: what streams answer in pieces, and what feedback names. */
const whole = async (tape, rate, wishes) => answerOf(await identify(toWav(tape.part(), rate), wishes));

/** Samples that one message carries. */
const LOT = 1 << 17;

class Socket {
  #socket; #windows = []; #sent = 0; #ended;

  constructor(socket, hears, fails) {
    this.#socket = socket;
    this.#ended = new Promise(resolve => {
      socket.onclose = () => resolve(null);
      socket.onmessage = ({ data }) => {
        const said = JSON.parse(data);
        if (said.request !== undefined && said.window === undefined) resolve(said);
        if (said.error) fails(new Error(said.error));
        if (said.window === undefined) return;
        this.#windows.push(said);
        hears(said);
      };
    });
  }

  hear(tape) {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    // A message has at most 1 MiB: the first, after a slow handshake, may be many.
    for (; this.#sent < tape.length; this.#sent = Math.min(tape.length, this.#sent + LOT)) {
      this.#socket.send(toPcm(tape.part(this.#sent, Math.min(tape.length, this.#sent + LOT))));
    }
  }

  async finish(tape, rate, wishes) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ end: true }));
    const ended = await this.#ended;
    this.#socket.close();
    // A socket that broke off loses nothing: the whole is still here.
    return ended === null ? whole(tape, rate, wishes) : gathered(ended.request, this.#windows, ended.summary);
  }
}

class Posted {
  #rate; #length; #wishes; #hears; #fails; #next = 0; #asking = false;

  constructor(rate, windowSeconds, wishes, hears, fails) {
    this.#rate = rate;
    this.#length = Math.round(windowSeconds * rate);
    // The whole is sent at the end: its windows need not be kept, too.
    this.#wishes = { ...wishes, keep: false };
    this.#hears = hears;
    this.#fails = fails;
  }

  async hear(tape) {
    if (this.#asking || tape.length < this.#next + this.#length) return;
    this.#asking = true;
    // Where answers take longer than windows, the newest is what counts.
    const from = this.#next + this.#length * Math.floor((tape.length - this.#next) / this.#length - 1);
    this.#next = from + this.#length;
    try {
      const answer = await identify(toWav(tape.part(from, this.#next), this.#rate), this.#wishes);
      const start = from / this.#rate, end = this.#next / this.#rate;
      this.#hears({ start, end, species: answerOf(answer).species });
    } catch (error) {
      this.#fails(error);
    } finally {
      this.#asking = false;
    }
  }

  finish(tape, rate, wishes) {
    return whole(tape, rate, wishes);
  }
}
