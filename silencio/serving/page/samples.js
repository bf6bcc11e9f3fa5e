// Samples, one channel, as 32-bit floats: from a file, from the microphone, and as WAV.

/** Of what is drawn and recorded, in Hz: enough for calls up to 16 kHz. */
export const RATE = 32000;

/** [samples] at `RATE`; throws where this browser cannot decode the file. */
export async function decode(file) {
  const audio = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await file.arrayBuffer());
  const mean = audio.getChannelData(0);
  for (let channel = 1; channel < audio.numberOfChannels; channel++) {
    const other = audio.getChannelData(channel);
    for (let i = 0; i < mean.length; i++) mean[i] += (other[i] - mean[i]) / (channel + 1);
  }
  return mean;
}

/** Samples that grow at their end. */
export class Tape {
  #room = new Float32Array(1 << 20);
  length = 0;

  append(more) {
    if (this.length + more.length > this.#room.length) {
      const larger = new Float32Array(2 * this.#room.length);
      larger.set(this.#room);
      this.#room = larger;
    }
    this.#room.set(more, this.length);
    this.length += more.length;
  }

  part(from = 0, to = this.length) {
    return this.#room.subarray(from, to);
  }
}

export function toPcm(samples) {
  const pcm = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) pcm[i] = 32767 * Math.max(-1, Math.min(1, samples[i]));
  return pcm;
}

export const WAV_HEAD = 44;

export function toWav(samples, rate) {
  const head = new DataView(new ArrayBuffer(WAV_HEAD));
  const write = (at, word) => [...word].forEach((letter, i) => head.setUint8(at + i, letter.charCodeAt(0)));
  const bytes = 2 * samples.length;
  write(0, "RIFF"); head.setUint32(4, WAV_HEAD - 8 + bytes, true); write(8, "WAVEfmt ");
  head.setUint32(16, 16, true); head.setUint16(20, 1, true); head.setUint16(22, 1, true);
  head.setUint32(24, rate, true); head.setUint32(28, 2 * rate, true);
  head.setUint16(32, 2, true); head.setUint16(34, 16, true);
  write(36, "data"); head.setUint32(40, bytes, true);
  return new Blob([head, toPcm(samples)], { type: "audio/wav" });
}

/** The microphone, until `stop()`; `hears(samples)` is called eight times a second. */
export async function microphone(hears) {
  // What makes a voice clear in a call would take the forest for noise.
  const wanted = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 };
  const heard = await navigator.mediaDevices.getUserMedia({ audio: wanted });
  let context = new AudioContext({ sampleRate: RATE }), source;
  try {
    source = context.createMediaStreamSource(heard);
  } catch {
    // Some browsers record at the device's own rate only.
    await context.close();
    context = new AudioContext();
    source = context.createMediaStreamSource(heard);
  }
  await context.audioWorklet.addModule(new URL("recorder.js", import.meta.url));
  const recorder = new AudioWorkletNode(context, "recorder", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
  recorder.port.onmessage = ({ data }) => hears(data);
  source.connect(recorder);
  return {
    rate: context.sampleRate,
    async stop() {
      heard.getTracks().forEach(track => track.stop());
      await context.close();
    },
  };
}
