// Web Mercator (EPSG:3857), as tiles have it: the world is a square, 0,0 its north-western corner.

const RADIAN = Math.PI / 180;
const EQUATOR_M = 2 * Math.PI * 6378137; // WGS 84
const MAX_LAT = 85.0511287798; // where the square ends

export const TILE_PX = 256; // the world's width at zoom 0

/** Return where a position (degrees) is in the square. */
export function project(lat, lon) {
  const most = Math.max(-MAX_LAT, Math.min(MAX_LAT, lat));
  const y = 0.5 - Math.asinh(Math.tan(most * RADIAN)) / (2 * Math.PI);
  return { x: lon / 360 + 0.5, y };
}

/** Return the position (degrees) of a point of the square. */
export function unproject({ x, y }) {
  return { lat: Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) / RADIAN, lon: (x - 0.5) * 360 };
}

/** Return how many metres on the ground, at a latitude, the square's width stands for. */
export const widthInMetres = (lat) => EQUATOR_M * Math.cos(lat * RADIAN);
