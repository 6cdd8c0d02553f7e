// The alarm sound, and whether the browser lets it be heard.

const BEEPS = [880, 1175, 880];
const BEEP_S = 0.18;
const EVERY_MS = 2500;

let context = null;
let wanted = false;

/** Begin or end the alarm; it repeats until it is ended. */
export function sound(on) {
  if (on && !wanted) ring();
  wanted = on;
}

/** Say whether the browser withholds sound until somebody presses something. */
export function withheld() {
  context ??= new AudioContext();
  return context.state !== "running";
}

/** To be called from a press of a button or key, which is when browsers permit sound. */
export async function allow() {
  context ??= new AudioContext();
  await context.resume();
}

function ring() {
  if (context?.state !== "running") return;
  BEEPS.forEach((pitch, index) => {
    const start = context.currentTime + index * BEEP_S;
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.25, start);
    volume.gain.setTargetAtTime(0, start + BEEP_S * 0.7, 0.02);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + BEEP_S);
  });
}

setInterval(() => wanted && ring(), EVERY_MS);
