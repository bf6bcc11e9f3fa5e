// The page: a recording comes in, is drawn, listened to, and talked about.

import { WindowRow, answerOf, showSpecies, showWindow } from "./answer.js";
import { listen } from "./live.js";
import { $, clock, percent } from "./parts.js";
import { RATE, Tape, WAV_HEAD, decode, microphone, toWav } from "./samples.js";
import { identify, model, whenKeyIsAsked } from "./service.js";
import { Spectrogram } from "./spectrogram.js";
import { choose, say } from "./words.js";

const player = $("player");
const picture = new Spectrogram({ scroller: $("scroller"), film: $("film"), canvas: $("canvas"), clock: $("clock"), kilohertz: $("kilohertz") });
const row = new WindowRow(play);
let turn = 0, limits = { max_bytes: Infinity, max_seconds: 600, window_seconds: 5 };
let answer = null, place = {}, recording = null, until = Infinity;

function tell(text, { alarm = false, busy = false } = {}) {
  $("said").textContent = text;
  $("said").classList.toggle("alarm", alarm);
  $("said").classList.toggle("busy", busy);
}

/** As the API names them; a tour's name is a word. */
function wishes() {
  const tour = $("tour").value.trim().replace(/[^\p{L}\p{N}_.~-]+/gu, "-");
  return { ...(tour && { tour }), ...place };
}

// A recording that is there.

async function take(file, name) {
  const mine = ++turn;
  clear(name);
  if (file.size > limits.max_bytes) {
    return tell(`${name} is larger than ${Math.floor(limits.max_bytes / 2 ** 20)} MB. Cut it, and send the parts.`, { alarm: true });
  }
  tell(`Listening to ${name} …`, { busy: true });
  const drawn = decode(file).then(samples => mine === turn && draw(samples, file), () => {
    // Some browsers decode fewer kinds than the service does: then there is an answer, and no picture.
    if (mine === turn) $("picture").hidden = true;
  });
  try {
    const said = await identify(file, wishes());
    await drawn;
    if (mine === turn) show(answerOf(said), name);
  } catch (error) {
    if (mine === turn) fail(error);
  }
}

function clear(name) {
  player.pause();
  until = Infinity;
  $("playhead").hidden = true;
  answer = null;
  row.clear();
  $("window").hidden = $("answer").hidden = $("picture").hidden = true;
  $("pictureName").textContent = name;
}

function fail(error) {
  $("picture").hidden = true;
  tell(error.message, { alarm: true });
}

function draw(samples, file) {
  URL.revokeObjectURL(player.src);
  player.src = URL.createObjectURL(file);
  $("picture").hidden = player.hidden = false;
  $("scroller").scrollLeft = 0;
  picture.show(samples, RATE);
}

function show(heard, name) {
  answer = heard;
  row.show(heard.windows);
  showSpecies(heard, play);
  $("answer").hidden = false;
  $("missed").parentElement.hidden = !heard.request;
  const names = heard.species.map(s => `${s.common_name} ${percent(s.confidence)}`).join(", ");
  tell(names ? `In ${name}: ${names}.` : `In ${name}: nothing that the model is sure of.`);
}

// Playing.

function play(window) {
  if (recording) return;
  showWindow(window, answer?.request);
  until = window.end;
  player.currentTime = window.start;
  player.play().catch(() => tell("This browser cannot play this kind of recording.", { alarm: true }));
}

function follow() {
  $("playhead").style.transform = `translateX(${player.currentTime * picture.perSecond}px)`;
  if (player.currentTime >= until) {
    player.pause();
    until = Infinity;
  }
  if (player.paused) return;
  picture.seek(player.currentTime);
  requestAnimationFrame(follow);
}

player.addEventListener("play", () => { $("playhead").hidden = false; follow(); });
player.addEventListener("seeked", follow);
// Who moves on by hand wants to hear on.
player.addEventListener("seeking", () => { if (player.currentTime > until) until = Infinity; });

// Recording.

async function record() {
  const mine = ++turn, tape = new Tape(), name = "your recording";
  clear("Recording");
  const heard = { microphone: null, live: null, windows: 0 };
  recording = { stop: () => {} };
  try {
    heard.microphone = await microphone(samples => {
      tape.append(samples);
      if (heard.microphone) grow(tape, heard);
    });
  } catch (error) {
    recording = null;
    const refused = error.name === "NotAllowedError";
    return tell(refused
      ? "The microphone was not allowed. Allow it in the browser’s settings for this page, or choose a file."
      : `No microphone can be used here (${error.message}). Choose a file.`, { alarm: true });
  }
  const { rate } = heard.microphone;
  recording = { stop: () => stop(mine, tape, heard, name), most: Math.min(limits.max_seconds, (limits.max_bytes - WAV_HEAD) / 2 / rate) };
  $("record").classList.add("on");
  $("recordName").textContent = "Stop";
  $("picture").hidden = false;
  player.hidden = true;
  tell("Recording. It listens along.", { busy: true });
  const failing = error => mine === turn && recording && tell(`${error.message} It goes on recording.`, { alarm: true });
  heard.live = await listen(rate, limits.window_seconds, wishes(), window => {
    if (mine !== turn || !recording) return;
    row.add(window);
    const names = window.species.map(s => s.common_name).join(", ");
    if (names) tell(`${clock(window.start)}: ${names}`, { busy: true });
  }, failing);
}

function grow(tape, heard) {
  const { rate } = heard.microphone, seconds = tape.length / rate;
  picture.follow(tape.part(), rate);
  heard.live?.hear(tape);
  $("recordHint").textContent = `${clock(seconds)} so far`;
  if (recording?.most <= seconds) recording.stop();
}

async function stop(mine, tape, heard, name) {
  recording = null;
  $("record").classList.remove("on");
  $("recordName").textContent = "Record";
  $("recordHint").textContent = "with this device’s microphone";
  const { rate } = heard.microphone;
  await heard.microphone.stop();
  if (!tape.length) return tell("Nothing was recorded yet. Record a little longer.", { alarm: true });
  tell("Listening to all of it …", { busy: true });
  const file = toWav(tape.part(), rate);
  URL.revokeObjectURL(player.src);
  player.src = URL.createObjectURL(file);
  player.hidden = false;
  $("pictureName").textContent = "Your recording";
  $("scroller").scrollLeft = 0;
  picture.show(tape.part(), rate);
  try {
    heard.live ??= await listen(rate, limits.window_seconds, wishes(), () => {}, () => {});
    heard.live.hear(tape);
    const said = await heard.live.finish(tape, rate, wishes());
    if (mine === turn) show(said, name);
  } catch (error) {
    if (mine === turn) tell(`${error.message} The recording is still here, to play and to save.`, { alarm: true });
  }
}

// What the visitor does.

$("record").onclick = () => (recording ? recording.stop() : record());
$("file").onchange = event => {
  const [file] = event.target.files;
  if (file && !recording) take(file, file.name);
  event.target.value = "";
};
for (const kind of ["dragenter", "dragover"]) document.addEventListener(kind, event => { event.preventDefault(); $("drop").classList.add("over"); });
for (const kind of ["dragleave", "drop"]) document.addEventListener(kind, event => { event.preventDefault(); $("drop").classList.remove("over"); });
document.addEventListener("drop", event => {
  const [file] = event.dataTransfer.files;
  if (file && !recording) take(file, file.name);
});

$("missed").onclick = async () => {
  const species = await choose();
  if (!species) return;
  const thanks = $("said");
  if (await say([{ request: answer.request, verdict: "right", species: species.code }], thanks)) tell(`Thank you: ${species.common_name} calls in it.`);
};

$("place").onclick = () => {
  const pressed = $("place").getAttribute("aria-pressed") === "true";
  const use = (coordinates, said) => {
    place = coordinates ? { latitude: coordinates.latitude.toFixed(2), longitude: coordinates.longitude.toFixed(2) } : {};
    $("place").setAttribute("aria-pressed", String(Boolean(coordinates)));
    $("placed").textContent = said;
  };
  if (pressed) return use(null, "Your place is not sent.");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => use(coords, `Sent with recordings: ${coords.latitude.toFixed(2)}, ${coords.longitude.toFixed(2)}, to about a kilometre.`),
    ({ message }) => use(null, `Your place is not known (${message || "it was not allowed"}), and not sent.`),
  );
};

whenKeyIsAsked(said => new Promise(resolve => {
  const dialog = $("asksKey");
  if (said) $("keySaid").textContent = said;
  $("key").value = "";
  $("keyless").onclick = () => dialog.close("");
  dialog.returnValue = "";
  dialog.onclose = () => resolve(dialog.returnValue === "use" ? $("key").value.trim() : null);
  dialog.showModal();
}));

addEventListener("offline", () => tell("You are offline. Recordings can be made, and sent later.", { alarm: true }));
addEventListener("online", () => tell("The connection is back."));

model().then(about => {
  limits = about;
  $("model").textContent = `${about.name}, ${about.species} species`;
}, error => tell(error.message, { alarm: true }));
