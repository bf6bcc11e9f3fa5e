// How loud each pitch is at one moment.

/** Samples that one look takes; a power of two. */
export const SIZE = 1024;
const BITS = Math.log2(SIZE);

const hann = Float32Array.from({ length: SIZE }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE));
const cosine = Float32Array.from({ length: SIZE / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / SIZE));
const sine = Float32Array.from({ length: SIZE / 2 }, (_, i) => Math.sin((2 * Math.PI * i) / SIZE));
const mirrored = Uint16Array.from({ length: SIZE }, (_, i) => {
  let turned = 0;
  for (let bit = 0; bit < BITS; bit++) turned |= ((i >> bit) & 1) << (BITS - 1 - bit);
  return turned;
});
const real = new Float32Array(SIZE), imaginary = new Float32Array(SIZE);

/** Power by frequency, into `power` [SIZE / 2], of the samples around `centre`; beyond their ends is silence. */
export function look(samples, centre, power) {
  const first = Math.round(centre) - SIZE / 2;
  for (let i = 0; i < SIZE; i++) {
    real[mirrored[i]] = (samples[first + i] ?? 0) * hann[i];
    imaginary[i] = 0;
  }
  for (let half = 1; half < SIZE; half *= 2) {
    const step = SIZE / (2 * half);
    for (let begin = 0; begin < SIZE; begin += 2 * half) {
      for (let k = 0; k < half; k++) {
        const a = begin + k, b = a + half, c = cosine[k * step], s = sine[k * step];
        const x = real[b] * c + imaginary[b] * s, y = imaginary[b] * c - real[b] * s;
        real[b] = real[a] - x; imaginary[b] = imaginary[a] - y;
        real[a] += x; imaginary[a] += y;
      }
    }
  }
  for (let i = 0; i < SIZE / 2; i++) power[i] = real[i] * real[i] + imaginary[i] * imaginary[i];
}
