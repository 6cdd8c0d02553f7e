// What mouse, fingers and keys do to the map.

const DRAG_PX = 4; // less is a click by an unsteady hand
const WHEEL_PX = 300; // of the wheel for one zoom step
const PINCH_PX = 100; // of a touchpad's pinch, which a browser tells as a wheel with Ctrl
const LINE_PX = 16;
const KEY_PX = 90;

/** Follow what is done to a surface: `pan` by pixels, `zoom` by steps at a pixel. */
export function followGestures(surface, { pan, zoom }) {
  followPointers(surface, pan, zoom);
  surface.addEventListener("wheel", (event) => {
    if (event.target.closest(".stack")) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? LINE_PX : 1);
    const steps = -pixels / (event.ctrlKey ? PINCH_PX : WHEEL_PX);
    const { x, y } = placeOn(surface, event);
    zoom(Math.max(-1, Math.min(1, steps)), x, y);
  }, { passive: false });
  surface.addEventListener("dblclick", (event) => {
    if (event.target.closest("button")) return;
    const { x, y } = placeOn(surface, event);
    zoom(1, x, y);
  });
}

/** Follow the keys; `commands` are by key, each returns nothing. */
export function followKeys(surface, { pan, zoom, ...commands }) {
  const moves = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const zooms = { "+": 1, "=": 1, "-": -1, _: -1 };
  surface.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    if (moves[key]) pan(...moves[key].map((side) => side * KEY_PX));
    else if (zooms[key]) zoom(zooms[key]);
    else if (commands[key] && takesKey(event)) commands[key]();
    else return;
    event.preventDefault();
  });
}

/** Say whether a key is meant for the map, and not for a button on it. */
const takesKey = ({ key, target, currentTarget }) =>
  target === currentTarget || (target.matches(".mark") && key !== "Enter");

function placeOn(surface, { clientX, clientY }) {
  const { left, top } = surface.getBoundingClientRect();
  return { x: clientX - left, y: clientY - top };
}

const apart = (a, b) => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y));
const middle = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

function followPointers(surface, pan, zoom) {
  const fingers = new Map(); // pointer -> where it was last
  let moving = false;
  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest(".controls, .stack")) return;
    fingers.set(event.pointerId, placeOn(surface, event));
  });
  surface.addEventListener("pointermove", (event) => {
    if (!event.buttons) fingers.delete(event.pointerId); // it was let go elsewhere
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const at = placeOn(surface, event);
    if (!moving && Math.hypot(at.x - before.x, at.y - before.y) < DRAG_PX) return;
    moving = true;
    surface.setPointerCapture(event.pointerId); // only now: a click belongs to what was clicked
    fingers.set(event.pointerId, at);
    const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    const from = other ? middle(before, other) : before;
    const to = other ? middle(at, other) : at;
    pan(to.x - from.x, to.y - from.y);
    if (other) zoom(Math.log2(apart(at, other) / apart(before, other)), to.x, to.y);
  });
  const lift = (event) => {
    fingers.delete(event.pointerId);
    moving &&= fingers.size > 0;
  };
  for (const end of ["pointerup", "pointercancel"]) surface.addEventListener(end, lift);
}
