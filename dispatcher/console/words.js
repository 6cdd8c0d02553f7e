// Every word that the scripts show, in one place, so that it can be translated.

export const STATES = {
  raised: "Nobody has it",
  acknowledged: "Acknowledged",
  dispatched: "Help is on its way",
  on_scene: "Help has arrived",
  closed: "Closed",
  again: "Pressed again: nobody has that",
  unseen: "Ended before anybody saw it",
  duress: "DURESS: nobody has that",
};

export const KINDS = {
  button: "Pressed the button",
  call: "Called 110",
  fall: "Fell",
  tamper: "Tracker tampered with",
  test: "Test press",
};

export const ORIGINS = { panic: "Panic", journey: "Overdue journey", call: "Call to 110" };

export const MARKS = {
  late: "arrived late",
  no_fix: "no position yet",
  stale_fix: "position older than the press",
  bad_clock: "its clock is wrong",
  unreadable: "message damaged",
  cancel_requested: "a code was typed",
  wrong_code: "the code was wrong",
  duress: "DURESS CODE",
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

export const HAPPENED = {
  raised: "raised",
  pressed: "pressed again",
  updated: "tracker sent more",
  escalated: "alerted again",
  presented: "shown on a screen",
  acknowledged: "acknowledged",
  dispatched: "help sent",
  on_scene: "help arrived",
  closed: "closed",
  reopened: "reopened",
  review: "to be looked at",
  noted: "note",
  handed_over: "handed over",
  assigned: "assigned",
  linked: "linked",
  merged: "merged",
  transfer: "transfer asked for",
  accepted: "transfer accepted",
  declined: "transfer declined",
  returned: "nobody accepted the transfer",
  verified: "the holder's PIN was typed",
  wrong_code: "a wrong code was typed",
  duress: "the duress code was typed",
};

// The action's path, its button's word, and the incidents that have the button.
export const ACTIONS = [
  { path: "acknowledge", word: "Acknowledge", main: true, when: (i) => i.unacknowledged },
  { path: "dispatch", word: "Help sent", when: (i) => i.state === "acknowledged" },
  { path: "on-scene", word: "Help arrived", when: (i) => i.state === "dispatched" },
  { path: "close", word: "Close ...", when: (i) => i.state !== "closed" && !i.unacknowledged },
  { path: "accept", word: "Accept transfer", when: (i) => i.transfer_to },
  { path: "decline", word: "Send it back", when: (i) => i.transfer_to },
  { path: "more", word: "More ...", when: (i) => i.history && !i.merged_into },
  { path: "reopen", word: "Reopen", when: (i) => i.state === "closed" && !i.unacknowledged },
];

// What stands behind "More ...": its path, its words, what it asks for, and when it is offered.
export const MORE = [
  { path: "notes", word: "Write a note", when: () => true },
  { path: "assign", word: "Assign a station or unit", to: "Station or unit", when: (i) => i.state !== "closed" },
  { path: "hand-over", word: "Hand over to somebody", to: "User name", when: (i) => i.acknowledged_by && !i.unacknowledged && i.state !== "closed" },
  { path: "transfer", word: "Transfer to another jurisdiction", to: "Id of the jurisdiction", when: (i) => i.state !== "closed" && !i.transfer_to },
  { path: "merge", word: "Merge into another incident", other: true, when: (i) => i.state !== "closed" },
  { path: "link", word: "Link with another incident", other: true, when: () => true },
];

const POINTS = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];

export const SAY = {
  stopped: (seconds) =>
    `NO CONNECTION for ${seconds} s. This page is out of date. New incidents are NOT shown.`,
  database:
    "THE INCIDENT DATABASE DOES NOT ANSWER. This list is out of date. New presses are shown here only, from memory.",
  emptyCall: "Nothing was filled in, so nothing was opened. Say who calls, or what about.",
  unreachable: "Guardian did not answer. Look whether it was done, then try again.",
  count: (open, alone) => {
    if (open === 0) return "No open incidents";
    return alone === 0 ? `${open} open, all in hand` : `${open} open, ${alone} that nobody has`;
  },
  title: (alone) => (alone ? `(${alone}) NOBODY HAS IT - Guardian` : "Guardian"),
  news: (who) => `New incident: ${who}`,
  alarm: (text, at) => `${at}  ${text}`,
  fromMemory: (who, at) => `${at}  ${who} calls for help. Known from memory alone.`,
  ends: (left) => `Your login ends in ${left}. Log out and in again in good time.`,
  silent: "SILENT: do not call or message the holder",
  test: "TEST",
  canary: "CANARY",
  presses: (count) => `pressed ${count} times`,
  ago: (length) => `${length} ago`,
  unknownPlace: "not known",
  sealed: "sealed",
  accuracy: (metres) => `within ${length(metres)}`,
  search: (metres) => `Search within ${length(metres)}`,
  near: ({ name, name_local: local, distance, telephone, approximate }) =>
    [[local, name].filter(Boolean).join(" "), `${approximate ? "about " : ""}${length(distance)}`, telephone]
      .filter(Boolean).join(", "),
  moving: (speed, course) => {
    const where = course == null ? "" : ` ${POINTS[Math.round(course / 45) % 8]}`;
    return `going ${Math.round(speed * 3.6)} km/h${where}`;
  },
  fixAge: (length) => `${length} old`,
  nobody: "nobody",
  has: (who, length) => `${who}, for ${length}`,
  noTracker: "not heard yet",
  battery: (percent) => `battery ${percent}\u00a0%`,
  unknownTracker: "No tracker",
  priority: (number) => `priority ${number}`,
  guardian: "Guardian",
  verified: "The holder's PIN was typed: a request to stand down. You decide.",
  wrongCode: "A code was typed that is not the holder's.",
  duress: "DURESS CODE: somebody makes the holder cancel. Do not call or message.",
  assigned: (unit, who) => `Assigned to ${unit} by ${who}`,
  transfer: (where, who, length) => `${who} asked ${where} ${length} ago to take it. It stays here until they do.`,
  mergedInto: (who) => `Merged into ${who}`,
  merged: (count) => (count === 1 ? "Another incident was merged into this one" : `${count} incidents were merged into this one`),
  linkedWith: (who) => `Linked with ${who}`,
  anIncident: "another incident",
  moreTitle: (who) => `More about ${who}`,
  press: (number) => `press ${number}`,
  times: { pressed_at: "pressed", received_at: "reached us", committed_at: "safe", presented_at: "shown", acknowledged_at: "acknowledged" },
  closeTitle: (who) => `Close the incident of ${who}`,
  fromOutline: "By the map's outline, whose lines are simplified: near a border look twice.",
  legendTest: "Test",
  legendOld: "Position over 60 s old",
  legendSilent: "Silent",
  hushed: "SILENT",
  more: (count) => `+${count}`,
  together: (count, who) => `${count} incidents close together, first ${who}`,
  mark: (who, state, old, accuracy, silent) =>
    [`${who}: ${state}`, silent ? "silent" : "", `position ${old} old`,
      accuracy == null ? "accuracy not known" : SAY.accuracy(accuracy)].filter(Boolean).join(", "),
  placeless: (who, state) => `${who}: ${state}, without a place`,
  showAll: (outside) => (outside ? `Show all (${outside} outside)` : "Show all"),
  inside: (who, metres, count) =>
    `All that is seen lies within the accuracy of ${who} (${length(metres)})${count > 1 ? ` and ${count - 1} more` : ""}`,
  noOutline: (problem) => `The map has no outline. ${problem}`,
  showMap: "Show the map",
  hideMap: "Hide the map",
};

// Refusals because another operator was first; all others are shown in the server's words.
export const FIRST = {
  already_acknowledged: (who, length) => `${who} has it: acknowledged ${length} ago.`,
  already_dispatched: (who, length) => `${who} sent help ${length} ago.`,
  already_on_scene: (who, length) => `${who} said ${length} ago that help has arrived.`,
  held_by_another: (who, length) => `${who} has it by now: acknowledged ${length} ago.`,
  already_assigned: (who, length) => `${who} assigned it ${length} ago.`,
  already_transferred: (who, length) => `${who} asked ${length} ago for a transfer.`,
  own_transfer: () => "you asked for the transfer yourself: somebody else has to accept it.",
  already_closed: (who, length) => `${who} closed it ${length} ago.`,
};

/** Say a distance as short as an operator reads it. */
export function length(metres) {
  if (metres < 1000) return `${Math.round(metres)} m`;
  return `${metres < 10000 ? Math.round(metres / 100) / 10 : Math.round(metres / 1000)} km`;
}

/** Say a length of time as short as an operator reads it. */
export function age(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/** Return a text with a great first letter. */
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Say a time of day to the millisecond. */
export const exactTime = (ms) =>
  new Date(ms).toLocaleTimeString([], {
    hour12: false, hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3,
  });

/** Say a time of day, and the day too when it is another one. */
export function timeOfDay(ms, today) {
  const at = new Date(ms);
  const day = at.toDateString() === new Date(today).toDateString() ? "" : `${at.toLocaleDateString()} `;
  return `${day}${at.toLocaleTimeString([], { hour12: false })}`;
}
