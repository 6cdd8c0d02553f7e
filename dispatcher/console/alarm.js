// The alarm sound, and whether the browser lets it be heard.

const BEEPS = [880, 1175, 880];
const BEEP_S = 0.18;
const EVERY_MS = 2500;

const context = new AudioContext();
let rang = -EVERY_MS;

/** Say whether the browser withholds sound until somebody presses something. */
export const withheld = () => context.state !== "running";

/** To be called from a press of a button or key, which is when browsers permit sound. */
export const allow = () => context.resume();

/** Ring when it is time; to be called more often than that, for as long as the alarm lasts. */
export function ring() {
  if (withheld() || performance.now() - rang < EVERY_MS) return;
  rang = performance.now();
  BEEPS.forEach((pitch, index) => beep(pitch, context.currentTime + index * BEEP_S));
}

function beep(pitch, start) {
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = pitch;
  volume.gain.setValueAtTime(0.25, start);
  volume.gain.setTargetAtTime(0, start + BEEP_S * 0.7, 0.02);
  tone.connect(volume).connect(context.destination);
  tone.start(start);
  tone.stop(start + BEEP_S);
}
