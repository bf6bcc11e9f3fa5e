// What the page asks of the service. Whatever goes wrong is thrown as a sentence for people.

const KEY = "silencio key";
let askForKey = async () => null;

/** `asks(said)` resolves to a key, or to null if the visitor gives none. */
export function whenKeyIsAsked(asks) {
  askForKey = asks;
}

export const key = () => sessionStorage.getItem(KEY);

async function ask(path, options = {}) {
  let response;
  const headers = { ...options.headers, ...(key() && { authorization: `Bearer ${key()}` }) };
  try {
    response = await fetch(path, { ...options, headers });
  } catch {
    throw new Error(navigator.onLine
      ? "The service does not answer. Try again in a moment."
      : "You are offline. Nothing is lost: try again when there is a connection.");
  }
  if (response.status === 401) {
    const given = await askForKey(key() && "That key is not known here. Is it complete?");
    if (given === null) throw new Error("Without a key, this service answers nobody.");
    sessionStorage.setItem(KEY, given);
    return ask(path, options);
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const wait = Number(response.headers.get("retry-after"));
  const again = wait ? ` Try again in ${wait} s.` : "";
  throw new Error((answer.detail ?? `The service answered ${response.status}.`) + again);
}

export const model = () => ask("v1/model");
export const species = () => ask("v1/species");

/** `wishes`: tour, latitude, longitude, at … as the API names them. */
export const identify = (recording, wishes = {}) =>
  ask(`v1/identify?${new URLSearchParams(wishes)}`, { method: "POST", body: recording });

export const feedback = word =>
  ask("v1/feedback", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(word) });

/** A socket that listens along, or null where there is none: a proxy may let no socket through. */
export function stream(begin, patience = 1500) {
  return new Promise(resolve => {
    // A browser's socket can carry no header of ours: the key stands where subprotocols are offered.
    const offers = ["silencio", ...(key() ? [key()] : [])];
    const socket = new WebSocket(new URL("v1/stream", location.href.replace(/^http/, "ws")), offers);
    const late = setTimeout(() => { socket.close(); resolve(null); }, patience);
    socket.onopen = () => {
      clearTimeout(late);
      socket.send(JSON.stringify(begin));
      resolve(socket);
    };
    socket.onerror = () => { clearTimeout(late); resolve(null); };
  });
}
