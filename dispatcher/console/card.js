// One incident on the screen. What a device sent is only ever set as text.

import { ACTIONS, DISPOSITIONS, KINDS, MARKS, ORIGINS, SAY, STATES, TRACKERS, age } from "./words.js";

const template = document.getElementById("card");

/** Draw an incident into its card, a new one if there is none yet; return the card. */
export function drawCard(old, item, act) {
  const card = old ?? template.content.firstElementChild.cloneNode(true);
  if (card.dataset.drawn === `${item.id} ${item.version} ${item.unacknowledged}`) {
    drawTracker(card, item);
    return card;
  }
  card.dataset.drawn = `${item.id} ${item.version} ${item.unacknowledged}`;
  card.dataset.incident = item.id;
  card.dataset.state = item.state;
  card.dataset.class = item.class;
  card.classList.toggle("alone", item.unacknowledged);
  card.setAttribute("aria-label", `${item.device ?? SAY.unknownTracker}: ${STATES[item.state]}`);
  set(card, "state", item.unacknowledged ? STATES.raised : STATES[item.state]);
  set(card, "who", item.device ?? item.phone ?? SAY.unknownTracker);
  set(card, "what", what(item));
  set(card, "note", notes(item));
  drawMarks(card, item);
  drawPlace(card, item);
  drawTracker(card, item);
  drawHas(card, item);
  drawButtons(card, item, act);
  card.dataset.opened = item.pressed_at ?? item.opened_at;
  return card;
}

/** Let all ages count; `now` is the server's time. */
export function drawAges(now) {
  for (const card of document.querySelectorAll("article")) {
    set(card, "age", age(now - card.dataset.opened));
    const fix = card.dataset.fix;
    if (fix) set(card, "fix", SAY.fixAge(age(now - fix)));
  }
}

function set(card, name, text) {
  const place = card.querySelector(`.${name}`);
  if (place.textContent !== text) place.textContent = text;
}

function what(item) {
  const words = [KINDS[item.kind] ?? ORIGINS[item.origin], SAY.priority(item.priority)];
  if (item.presses > 1) words.push(SAY.presses(item.presses));
  if (item.class !== "production") words.unshift(SAY[item.class]);
  if (item.disposition) words.push(DISPOSITIONS[item.disposition]);
  return words.join(" · ");
}

function notes(item) {
  return [item.case_number, ...(item.press_list ?? []).map((press) => press.note)]
    .filter(Boolean)
    .join(" · ");
}

function drawMarks(card, item) {
  const marks = item.marks.map((mark) => MARKS[mark] ?? mark);
  const lines = item.silent ? [SAY.silent, ...marks] : marks;
  card.querySelector(".marks").replaceChildren(
    ...lines.map((text) => {
      const line = document.createElement("li");
      line.textContent = text;
      line.classList.toggle("silent", text === SAY.silent);
      return line;
    }),
  );
}

function drawPlace(card, item) {
  const place = item.place;
  if (!place) {
    delete card.dataset.fix;
    set(card, "place", item.state === "closed" ? SAY.sealed : SAY.unknownPlace);
    set(card, "fix", item.state === "closed" ? SAY.sealed : SAY.unknownPlace);
    return;
  }
  const link = document.createElement("a");
  const numbers = [place.lat, place.lon].map((degrees) => degrees.toFixed(5));
  link.href = `geo:${numbers.join(",")}`;
  link.textContent = numbers.join(", ");
  const accuracy = place.accuracy == null ? "" : `, ${SAY.accuracy(place.accuracy)}`;
  card.querySelector(".place").replaceChildren(link, accuracy);
  card.dataset.fix = place.time;
}

function drawTracker(card, item) {
  const seen = item.tracker;
  const words = seen ? [TRACKERS[seen.state]] : [SAY.noTracker];
  if (seen?.battery != null) words.push(SAY.battery(seen.battery));
  set(card, "tracker", words.join(", "));
}

function drawHas(card, item) {
  set(card, "has", item.acknowledged_by && !item.unacknowledged ? item.acknowledged_by : SAY.nobody);
}

function drawButtons(card, item, act) {
  card.querySelector("footer").replaceChildren(
    ...ACTIONS.filter((action) => action.when(item)).map((action) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = action.word;
      button.dataset.action = action.path;
      button.classList.toggle("main", Boolean(action.main));
      button.addEventListener("click", async () => {
        button.disabled = true;
        await act(item.id, action);
        button.disabled = false;
      });
      return button;
    }),
  );
}
