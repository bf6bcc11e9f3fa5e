// Runs beside the page: hands on what the microphone hears, an eighth of a second at a time, [samples].

const LOT = Math.round(sampleRate / 8);

registerProcessor("recorder", class extends AudioWorkletProcessor {
  lot = new Float32Array(LOT);
  filled = 0;

  process([[samples]]) {
    if (!samples) return true;
    for (const sample of samples) {
      this.lot[this.filled++] = sample;
      if (this.filled === LOT) {
        this.port.postMessage(this.lot);
        this.filled = 0;
      }
    }
    return true;
  }
});
