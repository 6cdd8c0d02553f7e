// Pictures of a tile server behind everything, if the installation has one.

import { TILE_PX } from "./mercator.js";

const KEPT = 256; // pictures of a zoom that was left stay until the new ones are there

export class Tiles {
  #shown = new Map(); // "z/x/y" -> its picture

  constructor(home, { tiles, tiles_max_zoom: mostZoom }) {
    this.home = home;
    this.url = tiles;
    this.mostZoom = mostZoom;
  }

  /** Draw those of the view. */
  draw(view) {
    const zoom = Math.max(0, Math.min(this.mostZoom, Math.round(view.zoom)));
    const wanted = this.#wanted(view, zoom);
    for (const [key, place] of wanted) {
      if (!this.#shown.has(key)) this.#shown.set(key, this.#picture(place, view));
    }
    const complete = wanted.size <= KEPT && [...wanted.keys()].every((key) => this.#shown.get(key).done);
    for (const [key, tile] of this.#shown) {
      if (!wanted.has(key) && (complete || tile.zoom === zoom || this.#shown.size > KEPT)) {
        tile.picture.remove();
        this.#shown.delete(key);
      } else {
        put(tile, view);
      }
    }
  }

  #wanted(view, zoom) {
    const across = 2 ** zoom;
    const least = view.toWorld(0, 0);
    const most = view.toWorld(view.width, view.height);
    const cell = (part) => Math.max(0, Math.min(across - 1, Math.floor(part * across)));
    const wanted = new Map();
    for (let y = cell(least.y); y <= cell(most.y); y++) {
      for (let x = cell(least.x); x <= cell(most.x); x++) wanted.set(`${zoom}/${x}/${y}`, { zoom, x, y });
    }
    return wanted;
  }

  #picture({ zoom, x, y }, view) {
    const picture = new Image(TILE_PX, TILE_PX);
    const tile = { zoom, x, y, picture, done: false };
    const done = () => {
      tile.done = true;
      this.draw(view);
    };
    // A cookie knows no ports: the server beside ours must not be sent that of the login.
    if (new URL(this.url).hostname === location.hostname) picture.crossOrigin = "anonymous";
    picture.alt = "";
    picture.draggable = false;
    picture.addEventListener("load", done);
    picture.addEventListener("error", done);
    picture.src = this.url.replace("{z}", zoom).replace("{x}", x).replace("{y}", y);
    this.home.append(picture);
    return tile;
  }
}

function put({ zoom, x, y, picture }, view) {
  const across = 2 ** zoom;
  const from = view.toScreen({ x: x / across, y: y / across });
  const to = view.toScreen({ x: (x + 1) / across, y: (y + 1) / across });
  const [left, top] = [Math.round(from.x), Math.round(from.y)]; // whole pixels: no seams
  picture.style.transform = `translate(${left}px, ${top}px)`;
  picture.style.width = `${Math.round(to.x) - left}px`;
  picture.style.height = `${Math.round(to.y) - top}px`;
}
