// Where the holder can be by now: a circle that grows with the age of the fix, and the way so far.

import { project, widthInMetres } from "./mercator.js";
import { ask } from "./server.js";
import { SAY } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const WHOLE_EARTH_M = 20037508; // as dispatcher/following/circle.py has it
const MOST_POINTS = 500; // of a way, as the server keeps it

const circles = new WeakMap(); // card -> its circle

/** Return at most a tenth more, in two digits: a number that is read does not flicker. */
function roundedUp(metres) {
  if (metres < 1) return 1;
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(metres)) - 1);
  return Math.ceil(metres / unit) * unit;
}

/** Return a circle's radius in metres; see dispatcher/following/circle.py for the formula. */
export function radiusAt(circle, now) {
  const age = Math.max(0, now - (circle.at - circle.age_ms)) / 1000;
  return Math.min(WHOLE_EARTH_M, circle.accuracy + circle.speed * age);
}

/** Say in words where to search, and how far the nearest stations are. */
export function drawSearch(card, item) {
  const { circle } = item;
  const stations = circle ? item.nearest ?? [] : [];
  card.querySelector(".near").textContent = stations.map(SAY.near).join(" · ");
  card.querySelector(".station").textContent = item.jurisdiction ?? "";
  circles.set(card, circle);
  if (!circle) card.querySelector(".search").textContent = "";
}

/** Let the radius in a card's words count. */
export function ageSearch(card, now) {
  const circle = circles.get(card);
  if (!circle) return;
  const said = SAY.search(roundedUp(radiusAt(circle, now)));
  const words = card.querySelector(".search");
  if (words.textContent !== said) words.textContent = said;
}

/** On the map: of the chosen incident, or of the most urgent, so that circles do not hide each other. */
export class Search {
  #incident = "";
  #points = [];

  constructor(home) {
    this.home = home;
    this.circle = document.createElementNS(SVG, "circle");
    this.way = document.createElementNS(SVG, "polyline");
    this.way.classList.add("way");
  }

  /** Draw what is known of one of these spots. */
  draw(spots, view, chosen, now) {
    const spot = spots.find(({ item }) => item.id === chosen) ?? spots[0];
    const circle = spot?.item.circle;
    if (spot?.item.id !== this.#incident) this.#begin(spot?.item);
    if (!circle) return this.home.replaceChildren();
    if (!this.circle.isConnected) this.home.append(this.circle, this.way);
    const { x, y } = view.toScreen(spot.point);
    const pixels = (radiusAt(circle, now) / widthInMetres(circle.lat)) * view.scale;
    Object.entries({ cx: x, cy: y, r: pixels }).forEach(([name, value]) =>
      this.circle.setAttribute(name, value));
    this.circle.dataset.search = spot.item.id;
    const points = this.#points.map((point) => view.toScreen(point));
    this.way.setAttribute("points", points.map((at) => `${at.x},${at.y}`).join(" "));
  }

  /** Let the way go on to where an incident is now. */
  moved({ id, place }) {
    if (id !== this.#incident) return;
    this.#points.push(project(place.lat, place.lon));
    if (this.#points.length > MOST_POINTS) this.#points.shift();
  }

  async #begin(item) {
    this.#incident = item?.id ?? "";
    this.#points = [];
    this.way.setAttribute("points", "");
    if (!item?.circle) return;
    const whole = await ask(`api/v1/incidents/${item.id}`).catch(() => null);
    if (whole?.track && this.#incident === item.id) {
      this.#points = whole.track.map(({ lat, lon }) => project(lat, lon));
    }
  }
}
