// The list of incidents that lie under one mark.

import { shapeOf } from "./marks.js";
import { SAY, age } from "./words.js";

const home = document.getElementById("stack");
const ROOM_PX = 300; // what the list needs below a mark

let shown = null; // the incident whose mark the list belongs to
let among = [];

/** Show the group's incidents beside its mark; `taken` is told which one somebody takes. */
export function openStack({ lead, spots }, { x, y }, now, taken) {
  shown = lead.item.id;
  among = spots.map(({ item }) => item.id);
  home.ariaLabel = SAY.together(spots.length, lead.who);
  home.replaceChildren(...spots.map((spot) => lineOf(spot, now, taken)));
  home.hidden = false;
  const { clientWidth: width, clientHeight: height } = home.parentElement;
  home.style.left = `${Math.max(8, Math.min(x + 18, width - home.offsetWidth - 8))}px`;
  home.style.top = `${Math.max(8, Math.min(y + 18, height - Math.min(ROOM_PX, home.offsetHeight) - 8))}px`;
  home.querySelector("button").focus({ preventScroll: true });
}

/** Hide the list. */
export function closeStack() {
  if (home.contains(document.activeElement)) home.parentElement.focus({ preventScroll: true });
  home.hidden = true;
  shown = null;
}

/** Say whether the list, if it is shown, is still that of one of the groups. */
export const stackHas = (groups) =>
  shown === null || groups.some(({ spots }) => spots.length === among.length
    && spots.every(({ item }) => among.includes(item.id)));

function lineOf(spot, now, taken) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.shape = shapeOf(spot.item);
  const words = [spot.who, spot.state, SAY.fixAge(age(now - spot.fixedAt))];
  button.append(...words.map((word) => Object.assign(document.createElement("span"), { textContent: word })));
  button.addEventListener("click", () => {
    closeStack();
    taken(spot.item.id);
  });
  return button;
}

home.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeStack();
});
document.addEventListener("pointerdown", (event) => {
  if (shown !== null && !home.contains(event.target)) closeStack();
});
