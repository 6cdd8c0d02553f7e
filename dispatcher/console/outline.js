// The areas that the map draws behind everything, and in which of them a position lies.

import { project } from "./mercator.js";
import { around, isFree } from "./view.js";

const STEP_PX = 0.8; // a line that turns within less is drawn straight
const LABEL_GRID = 14; // a name is put on the best of so many times so many places
const NAME_FROM_PX = 56; // an area that is narrower shows no name
const LINE_PX = 17;
const CACHED = 2000;

let areas = [];
const known = new Map(); // a position -> the name of its area

/** Take GeoJSON as the server gives it: MultiPolygons with `name` and `name_local`. */
export function takeOutline(geojson) {
  areas = geojson.features.map(areaOf).filter((area) => area.box);
  areas.sort((a, b) => span(b.box) - span(a.box));
  known.clear();
}

/** Return the box of the whole outline; null without one. */
export const outlineBox = () => around(areas.map((area) => area.box));

/** Return the name of the area in which a position lies, "" where there is none. */
export function areaAt(lat, lon) {
  const key = `${lat} ${lon}`;
  if (!known.has(key)) {
    if (known.size >= CACHED) known.clear();
    const point = project(lat, lon);
    known.set(key, areas.find((area) => holds(area, point))?.name ?? "");
  }
  return known.get(key);
}

/** Draw the areas, `ink` has `border` and perhaps `land` and `name`; no names where it is full. */
export function drawOutline(pen, view, ink, full) {
  const seen = areas.filter((area) => view.touches(area.box));
  pen.beginPath();
  for (const area of seen) {
    for (const ring of area.rings) if (view.touches(ring.box)) trace(pen, view, ring.points);
  }
  if (ink.land) {
    pen.fillStyle = ink.land;
    pen.fill("evenodd");
  }
  pen.strokeStyle = ink.border;
  pen.lineWidth = 1;
  pen.stroke();
  if (ink.name) drawNames(pen, view, seen, ink.name, [...full]);
}

function areaOf(feature) {
  const polygons = feature.geometry.coordinates.map((rings) => rings.map(ringOf));
  const { name, name_local: local } = feature.properties;
  const rings = polygons.flat();
  return {
    name: [local, name].filter(Boolean).join(" "),
    lines: [local, name].filter(Boolean),
    rings,
    box: around(rings.map((ring) => ring.box)),
    label: labelPlace(polygons),
  };
}

function ringOf(coordinates) {
  const points = new Float64Array(coordinates.length * 2);
  coordinates.forEach(([lon, lat], index) => {
    const { x, y } = project(lat, lon);
    points.set([x, y], index * 2);
  });
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let i = 0; i < points.length; i += 2) {
    box.left = Math.min(box.left, points[i]);
    box.right = Math.max(box.right, points[i]);
    box.top = Math.min(box.top, points[i + 1]);
    box.bottom = Math.max(box.bottom, points[i + 1]);
  }
  return { points, box };
}

const span = (box) => (box.right - box.left) * (box.bottom - box.top);

const inBox = (box, { x, y }) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;

/** Count the lines to the west of a point: an odd number is inside, holes included. */
function holds({ rings, box }, point) {
  if (!inBox(box, point)) return false;
  let inside = false;
  for (const ring of rings) if (inBox(ring.box, point)) inside ^= crossings(ring.points, point);
  return Boolean(inside);
}

function crossings(points, { x, y }) {
  let odd = 0;
  for (let i = 2; i < points.length; i += 2) {
    const [x0, y0, x1, y1] = [points[i - 2], points[i - 1], points[i], points[i + 1]];
    if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) odd ^= 1;
  }
  return odd;
}

function trace(pen, view, points) {
  const { scale, width, height } = view;
  let lastX = Infinity;
  let lastY = Infinity;
  for (let i = 0; i < points.length; i += 2) {
    const x = (points[i] - view.x) * scale + width / 2;
    const y = (points[i + 1] - view.y) * scale + height / 2;
    if (i === 0) pen.moveTo(x, y);
    else if (Math.abs(x - lastX) < STEP_PX && Math.abs(y - lastY) < STEP_PX) continue;
    else pen.lineTo(x, y);
    lastX = x;
    lastY = y;
  }
  pen.closePath();
}

/** Return the place of the largest polygon that is farthest from its lines, and how far. */
function labelPlace(polygons) {
  const largest = polygons.reduce((a, b) => (span(a[0].box) >= span(b[0].box) ? a : b), polygons[0]);
  if (!largest) return null;
  const [{ box }] = largest;
  const polygon = { rings: largest, box };
  let best = null;
  for (let row = 0.5; row < LABEL_GRID; row++) {
    for (let column = 0.5; column < LABEL_GRID; column++) {
      const x = box.left + ((box.right - box.left) * column) / LABEL_GRID;
      const y = box.top + ((box.bottom - box.top) * row) / LABEL_GRID;
      if (!holds(polygon, { x, y })) continue;
      const room = Math.min(...largest.map((ring) => roomAt(ring.points, x, y)));
      if (!best || room > best.room) best = { x, y, room };
    }
  }
  return best;
}

function roomAt(points, x, y) {
  let room = Infinity;
  for (let i = 0; i < points.length; i += 2) {
    const [dx, dy] = [points[i] - x, points[i + 1] - y];
    room = Math.min(room, dx * dx + dy * dy);
  }
  return Math.sqrt(room);
}

function drawNames(pen, view, seen, ink, full) {
  pen.fillStyle = ink;
  pen.textAlign = "center";
  pen.font = "500 13px system-ui, sans-serif";
  for (const { label, lines } of seen) {
    if (!label || 2 * label.room * view.scale < NAME_FROM_PX) continue;
    const { x, y } = view.toScreen(label);
    const half = Math.max(...lines.map((line) => pen.measureText(line).width)) / 2;
    const box = { left: x - half, right: x + half, top: y - LINE_PX, bottom: y + (lines.length - 0.5) * LINE_PX };
    if (!isFree(box, full)) continue;
    full.push(box);
    lines.forEach((line, index) => pen.fillText(line, x, y + index * LINE_PX));
  }
}
