// What is said on and below the map in words: the scale, and what its picture cannot show.

import { stateOf, whoOf } from "./card.js";
import { shapeOf } from "./marks.js";
import { unproject, widthInMetres } from "./mercator.js";
import { SAY, length } from "./words.js";

const SCALE_PX = 130;

const $ = (id) => document.getElementById(id);

/** Draw a bar of a round length. */
export function drawScale(view) {
  const metres = widthInMetres(unproject(view).lat) / view.scale;
  const most = metres * SCALE_PX;
  const power = 10 ** Math.floor(Math.log10(most));
  const shown = [5, 2, 1].map((number) => number * power).find((number) => number <= most);
  $("scale").style.width = `${shown / metres}px`;
  $("scale").firstElementChild.textContent = length(shown);
}

/** Say how many are not seen, and whether nobody has one of them. */
export function drawOutside(spots, view) {
  const outside = spots.filter(({ point }) => !view.shows(point));
  const alarming = outside.some(({ item }) => shapeOf(item) === "alone");
  $("show-all").textContent = SAY.showAll(outside.length);
  $("show-all").classList.toggle("alarm", alarming);
}

/** Say whose circles are larger than all that is seen. */
export function drawInside(spots) {
  const [first] = spots;
  const text = first ? SAY.inside(first.who, first.item.place.accuracy, spots.length) : "";
  if ($("inside").textContent !== text) $("inside").textContent = text;
}

/** List what has no place; `pick` is told which one somebody takes, and whether by a key. */
export function drawPlaceless(items, pick) {
  $("placeless").hidden = items.length === 0;
  const list = $("placeless").querySelector("ul");
  const drawn = items.map((item) => `${item.id} ${whoOf(item)} ${shapeOf(item)}`).join();
  if (list.dataset.drawn === drawn) return;
  list.dataset.drawn = drawn;
  list.replaceChildren(
    ...items.map((item) => {
      const [line, button] = ["li", "button"].map((name) => document.createElement(name));
      button.type = "button";
      button.textContent = whoOf(item);
      button.dataset.shape = shapeOf(item);
      button.ariaLabel = SAY.placeless(whoOf(item), stateOf(item));
      button.addEventListener("click", (event) => pick(item.id, event.detail === 0));
      line.append(button);
      return line;
    }),
  );
}
