// Every word that the console shows, in one place, so that it can be translated.

export const STATES = {
  raised: "Nobody has it",
  acknowledged: "Acknowledged",
  dispatched: "Help is on its way",
  on_scene: "On scene",
  closed: "Closed",
};

export const KINDS = {
  button: "Pressed the button",
  call: "Is calling 110",
  fall: "Fell",
  tamper: "Tracker tampered with",
  test: "Test press",
};

export const ORIGINS = { panic: "panic", journey: "journey", call: "call" };

export const MARKS = {
  late: "arrived late",
  no_fix: "no position yet",
  stale_fix: "position older than the press",
  bad_clock: "clocks disagree",
  unreadable: "message damaged",
  cancel_requested: "holder typed a code",
};

export const TRACKERS = {
  online: "online",
  offline: "switched off in order",
  sleeping: "sleeping",
  lost: "connection lost",
};

export const DISPOSITIONS = {
  helped: "helped",
  false_alarm: "false alarm",
  stood_down: "stood down",
  test: "test",
  duplicate: "duplicate",
  other: "other",
};

// The action's path, its button's word, and the states in which the button is shown.
export const ACTIONS = [
  { path: "acknowledge", word: "Acknowledge", main: true, when: (i) => i.unacknowledged },
  { path: "dispatch", word: "Help sent", when: (i) => i.state === "acknowledged" },
  { path: "on-scene", word: "On scene", when: (i) => i.state === "dispatched" },
  { path: "close", word: "Close ...", when: (i) => i.state !== "closed" && !i.unacknowledged },
  { path: "reopen", word: "Reopen", when: (i) => i.state === "closed" },
];

export const SAY = {
  stopped: (seconds) =>
    `NO CONNECTION for ${seconds} s. This page is not up to date. New incidents are NOT shown.`,
  count: (open, alone) =>
    open === 0 ? "No open incidents" : `${open} open, ${alone} that nobody has`,
  title: (alone) => (alone ? `(${alone}) NOBODY HAS IT - Guardian` : "Guardian"),
  silent: "SILENT: do not call the tracker or the holder",
  test: "TEST",
  canary: "CANARY",
  presses: (count) => `pressed ${count} times`,
  unknownPlace: "unknown",
  sealed: "sealed",
  accuracy: (metres) => `within ${Math.round(metres)} m`,
  fixAge: (age) => `${age} old`,
  nobody: "nobody",
  noTracker: "not heard yet",
  battery: (percent) => `battery ${percent} %`,
  unknownTracker: "No tracker",
  priority: (number) => `priority ${number}`,
  heard: (age) => `heard ${age} ago`,
};

/** Say a length of time as short as an operator reads it. */
export function age(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}
