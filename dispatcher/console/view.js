// What of the world is seen: a centre, a zoom (each step is twice as large) and a size in pixels.

import { TILE_PX } from "./mercator.js";

export const MIN_ZOOM = 2;
export const MAX_ZOOM = 19; // about 0.3 m a pixel: finer than any fix

const within = (value, least, most) => Math.max(least, Math.min(most, value));

export class View {
  x = 0.5;
  y = 0.5;
  zoom = MIN_ZOOM;
  width = 0;
  height = 0;

  /** Return the world's width in pixels. */
  get scale() {
    return TILE_PX * 2 ** this.zoom;
  }

  /** Return the pixel of a point, counted from the top left corner. */
  toScreen({ x, y }) {
    return {
      x: (x - this.x) * this.scale + this.width / 2,
      y: (y - this.y) * this.scale + this.height / 2,
    };
  }

  /** Return the point at a pixel. */
  toWorld(x, y) {
    return {
      x: this.x + (x - this.width / 2) / this.scale,
      y: this.y + (y - this.height / 2) / this.scale,
    };
  }

  /** Move what is seen by pixels, as a hand moves a sheet. */
  pan(dx, dy) {
    this.x = within(this.x - dx / this.scale, 0, 1);
    this.y = within(this.y - dy / this.scale, 0, 1);
  }

  /** Zoom by steps, so that the point at a pixel stays there. */
  zoomBy(steps, x = this.width / 2, y = this.height / 2) {
    const fixed = this.toWorld(x, y);
    this.zoom = within(this.zoom + steps, MIN_ZOOM, MAX_ZOOM);
    const moved = this.toScreen(fixed);
    this.pan(x - moved.x, y - moved.y);
  }

  /** Show a box (least and most x and y) as large as it fits within the margin; return this. */
  fit(box, margin, mostZoom) {
    const width = Math.max(1, this.width - 2 * margin);
    const height = Math.max(1, this.height - 2 * margin);
    const across = Math.min(width / (box.right - box.left), height / (box.bottom - box.top));
    this.zoom = within(Math.log2(across / TILE_PX), MIN_ZOOM, mostZoom);
    this.x = within((box.left + box.right) / 2, 0, 1);
    this.y = within((box.top + box.bottom) / 2, 0, 1);
    return this;
  }

  /** Say whether a point is seen, at least so many pixels from the edge. */
  shows(point, margin = 0) {
    const { x, y } = this.toScreen(point);
    return x >= margin && y >= margin && x <= this.width - margin && y <= this.height - margin;
  }

  /** Say whether anything of a box is seen. */
  touches(box) {
    const least = this.toWorld(0, 0);
    const most = this.toWorld(this.width, this.height);
    return box.right >= least.x && box.left <= most.x && box.bottom >= least.y && box.top <= most.y;
  }
}

/** Say whether a box overlaps none of the others. */
export const isFree = (a, others) =>
  !others.some((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom);

/** Return the smallest box around boxes; null without any. */
export function around(boxes) {
  if (boxes.length === 0) return null;
  return boxes.reduce((all, box) => ({
    left: Math.min(all.left, box.left),
    top: Math.min(all.top, box.top),
    right: Math.max(all.right, box.right),
    bottom: Math.max(all.bottom, box.bottom),
  }));
}
