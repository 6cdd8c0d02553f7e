// The circles on the map that hold the true places with 95 %.

import { widthInMetres } from "./mercator.js";
import { shapeOf } from "./marks.js";

const SVG = "http://www.w3.org/2000/svg";
const LEAST_PX = 4; // a smaller one is under its mark

/** Return an accuracy as part of the world's width; 0 where it is not known. */
export const radiusOf = ({ lat, accuracy }) => (accuracy ?? 0) / widthInMetres(lat);

export class Circles {
  #shown = new Map(); // incident -> its circle

  constructor(home) {
    this.home = home;
  }

  /** Draw those of all spots; return the spots whose circles are larger than the view. */
  draw(spots, view, chosen) {
    const kept = new Set();
    const larger = spots.filter((spot) => spot.radius && !this.#draw(spot, view, chosen, kept));
    for (const [incident, circle] of this.#shown) {
      if (kept.has(incident)) continue;
      circle.remove();
      this.#shown.delete(incident);
    }
    return larger;
  }

  /** Let circles of old positions be dashed. */
  age(spots, now, oldMs) {
    for (const { item, fixedAt } of spots) {
      this.#shown.get(item.id)?.classList.toggle("old", now - fixedAt > oldMs);
    }
  }

  /** Draw one, if it can be seen; return false when the whole view lies within. */
  #draw(spot, view, chosen, kept) {
    const { x, y } = view.toScreen(spot.point);
    const pixels = spot.radius * view.scale;
    const farX = Math.max(Math.abs(x), Math.abs(view.width - x));
    const farY = Math.max(Math.abs(y), Math.abs(view.height - y));
    const nearX = Math.max(0, -x, x - view.width);
    const nearY = Math.max(0, -y, y - view.height);
    if (pixels < LEAST_PX || Math.hypot(nearX, nearY) > pixels) return true;
    const circle = this.#shown.get(spot.item.id) ?? this.#added(spot.item.id);
    kept.add(spot.item.id);
    circle.setAttribute("cx", x);
    circle.setAttribute("cy", y);
    circle.setAttribute("r", pixels);
    circle.dataset.shape = shapeOf(spot.item);
    circle.classList.toggle("chosen", spot.item.id === chosen);
    return Math.hypot(farX, farY) > pixels;
  }

  #added(incident) {
    const circle = document.createElementNS(SVG, "circle");
    circle.dataset.incident = incident;
    this.#shown.set(incident, circle);
    this.home.append(circle);
    return circle;
  }
}
