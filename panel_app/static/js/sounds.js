/** Four short sounds of our own oscillators, and vibration where there is one; the words on the screen say the same. */

// Frequency in hertz, start and length in seconds.
const TUNES = {
  read: [[880, 0, 0.07]],
  done: [[659, 0, 0.1], [988, 0.1, 0.22]],
  attention: [[587, 0, 0.13], [587, 0.2, 0.13]],
  refused: [[196, 0, 0.16], [147, 0.18, 0.3]],
};
const PULSES = { read: [30], done: [60], attention: [60, 80, 60], refused: [180, 80, 180] };
let context = null;

// Browsers give sound only after a person has touched something, some of them only in that very moment. Keys don't
// open it: that takes the page 100 ms and more, and a scanner's burst may be on its way.
window.addEventListener("pointerdown", () => { context ??= new AudioContext(); }, { capture: true, once: true });

export function play(name) {
  if (!navigator.userActivation?.hasBeenActive) return;
  navigator.vibrate?.(PULSES[name]);
  context ??= new AudioContext();
  for (const [hertz, start, length] of TUNES[name]) tone(hertz, context.currentTime + start, length);
}

function tone(hertz, at, length) {
  const oscillator = new OscillatorNode(context, { frequency: hertz, type: "triangle" });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.25, at + 0.01);
  volume.gain.linearRampToValueAtTime(0, at + length);
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + length);
}
