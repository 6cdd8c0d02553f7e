// One incident on the screen. What a device sent is only ever set as text.

import {
  ACTIONS, DISPOSITIONS, HAPPENED, KINDS, MARKS, ORIGINS, SAY, STATES, TRACKERS, age, timeOfDay,
} from "./words.js";
import { areaAt } from "./outline.js";
import { drawTimes, drawTogether } from "./together.js";
import { ageSearch, drawSearch } from "./search.js";

export const OLD_FIX_MS = 60000; // as the mark `stale_fix` has it
const IN_HAND = new Set(["acknowledged", "dispatched", "on_scene"]); // stages of a press

const template = document.getElementById("card");

/** Return what an operator calls this incident. */
export const whoOf = (item) => item.device ?? item.phone ?? item.case_number ?? SAY.unknownTracker;

/** Draw an incident into its card, a new one if there is none yet; return the card. */
export function drawCard(old, item, act, now) {
  const card = old ?? template.content.firstElementChild.cloneNode(true);
  const area = item.place ? areaAt(item.place.lat, item.place.lon) : "";
  const drawn = [item.id, item.version, item.unacknowledged, Boolean(item.press_list), area,
    item.place?.time ?? item.place?.received_at].join(" ");
  drawTracker(card, item, now);
  if (card.dataset.drawn === drawn) return card;
  card.dataset.drawn = drawn;
  card.dataset.incident = item.id;
  card.dataset.state = item.state;
  card.dataset.class = item.class;
  card.dataset.pressed = pressedAt(item);
  card.classList.toggle("alone", item.unacknowledged && item.class === "production");
  card.setAttribute("aria-label", `${whoOf(item)}: ${stateOf(item)}`);
  set(card, ".state", stateOf(item));
  set(card, "time", timeOfDay(pressedAt(item), now));
  card.querySelector("time").dateTime = new Date(pressedAt(item)).toISOString();
  set(card, ".who", whoOf(item));
  set(card, ".what", what(item));
  set(card, ".silent", item.silent ? SAY.silent : "");
  card.querySelector(".silent").hidden = !item.silent;
  set(card, ".note", notes(item));
  fill(card, ".marks", item.marks.map((mark) => MARKS[mark] ?? mark));
  drawPlace(card, item, area);
  drawSearch(card, item);
  drawHas(card, item);
  if (item.history) drawHistory(card, item, now);
  drawTogether(card, item, now);
  drawButtons(card, item, act);
  return card;
}

/** Draw what happened to an incident, oldest first. */
export function drawHistory(card, item, now) {
  const lines = item.history.map((entry) =>
    [timeOfDay(entry.at, now), HAPPENED[entry.event] ?? entry.event,
      entry.actor ?? SAY.guardian, entry.note].filter(Boolean).join(" · "));
  fill(card, ".history", lines);
  drawTimes(card, item);
}

/** Let all ages count; `now` is the server's time. */
export function drawAges(now) {
  for (const card of document.querySelectorAll("article")) {
    const { pressed, fix, hasSince, has } = card.dataset;
    set(card, ".age b", SAY.ago(age(now - pressed)));
    if (fix) {
      set(card, ".fix", SAY.fixAge(age(now - fix)));
      card.querySelector(".fix").classList.toggle("old", now - fix > OLD_FIX_MS);
    }
    ageSearch(card, now);
    if (has) set(card, ".has", SAY.has(has, age(now - hasSince)));
  }
}

function set(card, selector, text) {
  const place = card.querySelector(selector);
  if (place.textContent !== text) place.textContent = text;
}

function fill(card, selector, texts) {
  card.querySelector(selector).replaceChildren(
    ...texts.map((text) => {
      const line = document.createElement("li");
      line.textContent = text;
      return line;
    }),
  );
}

/** When the newest press was, or the end; a tracker whose clock is wrong is not believed. */
function pressedAt(item) {
  if (item.state === "closed" && !item.unacknowledged) return item.closed_at;
  const press = item.press_list?.at(-1);
  if (!press) return item.pressed_at ?? item.opened_at;
  return press.marks.includes("bad_clock") ? press.received_at : press.pressed_at ?? press.received_at;
}

/** Return the state as an operator is told it. */
export function stateOf(item) {
  if (!item.unacknowledged) return STATES[item.state];
  if (item.state === "closed") return STATES.unseen;
  if (item.marks.includes("duress")) return STATES.duress;
  const hadIt = item.press_list?.some((press) => IN_HAND.has(press.stage));
  return hadIt ? STATES.again : STATES.raised;
}

function what(item) {
  const words = [KINDS[item.kind] ?? ORIGINS[item.origin], SAY.priority(item.priority)];
  if (item.presses > 1) words.push(SAY.presses(item.presses));
  if (item.class !== "production") words.unshift(SAY[item.class]);
  if (item.disposition) words.push(DISPOSITIONS[item.disposition]);
  return words.join(" · ");
}

function notes(item) {
  const said = [item.phone, item.case_number, ...(item.press_list ?? []).map((press) => press.note)];
  return said.filter(Boolean).join(" · ");
}

/** Return when a position was measured; a tracker's clock that is ahead is not believed. */
export const fixedAt = (place) => Math.min(place.time ?? place.received_at, place.received_at);

function drawPlace(card, item, area) {
  const place = item.place;
  set(card, ".area", area);
  card.querySelector(".area").title = area ? SAY.fromOutline : "";
  if (!place) {
    delete card.dataset.fix;
    const word = item.state === "closed" ? SAY.sealed : SAY.unknownPlace;
    set(card, ".place", word);
    set(card, ".fix", word);
    return;
  }
  const link = document.createElement("a");
  const numbers = [place.lat, place.lon].map((degrees) => degrees.toFixed(5));
  link.href = `geo:${numbers.join(",")}`;
  link.textContent = numbers.join(", ");
  const more = [];
  if (place.accuracy != null) more.push(SAY.accuracy(place.accuracy));
  if (place.speed >= 1) more.push(SAY.moving(place.speed, place.course));
  const words = document.createElement("span");
  words.textContent = more.join(", ");
  card.querySelector(".place").replaceChildren(link, " ", words);
  card.dataset.fix = fixedAt(place);
}

function drawTracker(card, item, now) {
  const seen = item.tracker;
  const words = seen ? [TRACKERS[seen.state]] : [SAY.noTracker];
  if (seen && seen.state !== "online") words[0] += ` ${timeOfDay(seen.arrived_at, now)}`;
  if (seen?.battery != null) words.push(SAY.battery(seen.battery));
  set(card, ".tracker", words.join(", "));
  card.querySelector(".tracker").classList.toggle("old", seen?.state === "lost");
}

function drawHas(card, item) {
  delete card.dataset.has;
  if (item.acknowledged_by && !item.unacknowledged) {
    card.dataset.has = item.acknowledged_by;
    card.dataset.hasSince = item.acknowledged_at;
  } else {
    set(card, ".has", SAY.nobody);
  }
}

function drawButtons(card, item, act) {
  card.querySelector("footer").replaceChildren(
    ...ACTIONS.filter((action) => action.when(item)).map((action) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = action.word;
      button.dataset.action = action.path;
      button.setAttribute("aria-label", `${action.word.replace(" ...", "")}: ${whoOf(item)}`);
      button.classList.toggle("main", Boolean(action.main));
      button.addEventListener("click", () => button.ariaDisabled || act(item, action, button));
      return button;
    }),
  );
}
