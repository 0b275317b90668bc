/** Normal random numbers with mean 0. */
const normal = (spread) =>
  spread * Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());

/** Shapes to start from: each returns a point in [-1, 1] x [-1, 1] for a number from 0 to 1. */
const SHAPES = {
  spiral: (t) => {
    const angle = 3.5 * Math.PI * Math.sqrt(t), radius = 0.08 + 0.62 * Math.sqrt(t);
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
  moons: (t) => {
    const upper = t < 0.5, angle = 2 * Math.PI * (upper ? t : t - 0.5);
    return upper ? [0.45 * Math.cos(angle) - 0.22, 0.55 * Math.sin(angle) - 0.1] : [0.22 - 0.45 * Math.cos(angle), 0.1 - 0.55 * Math.sin(angle)];
  },
  circles: (t) => {
    const outer = t < 0.66, angle = 2 * Math.PI * (outer ? t / 0.66 : (t - 0.66) / 0.34), radius = outer ? 0.65 : 0.3;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  },
  cross: (t) => {
    const at = 1.3 * ((2 * t) % 1) - 0.65;
    return t < 0.5 ? [at, at] : [at, -at];
  },
};

/** Points that the user draws, in [-1, 1] x [-1, 1]. */
class Drawing {
  static STAMP = 800;
  static DENSITY = 150;  // points per unit of a stroke's length
  static DAB = 12;  // points of one press of the space bar
  static STEP = 0.05;

  constructor(plane, changed) {
    this.plane = plane;
    this.canvas = plane.canvas;
    this.changed = changed;
    this.points = [];
    this.limit = 5000;
    this.brush = 3;
    this.cursor = [0, 0];
    this.last = null;
    this.listeners = {
      pointerdown: (event) => this.begin(event),
      pointermove: (event) => this.move(event),
      pointerup: () => { this.last = null; },
      pointercancel: () => { this.last = null; },
      keydown: (event) => this.press(event),
    };
  }

  start() {
    this.plane.drawing = this;
    this.canvas.classList.add("drawing");
    this.canvas.tabIndex = 0;
    this.labels = ["role", "aria-label"].map((name) => [name, this.canvas.getAttribute(name)]);
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", "drawing surface: arrow keys move the cursor, Space adds points");
    for (const [name, listener] of Object.entries(this.listeners)) this.canvas.addEventListener(name, listener);
    this.update();
  }

  stop() {
    if (!this.plane.drawing) return;
    this.plane.drawing = null;
    for (const [name, value] of this.labels) this.canvas.setAttribute(name, value);
    this.canvas.classList.remove("drawing");
    this.canvas.removeAttribute("tabindex");
    for (const [name, listener] of Object.entries(this.listeners)) this.canvas.removeEventListener(name, listener);
    this.plane.draw();
  }

  update() {
    this.plane.draw();
    this.changed(this.points.length, this.cursor);
  }

  add([x, y], spread) {
    if (this.points.length >= this.limit) return;
    const fit = (v) => Math.round(Math.max(-1, Math.min(1, v)) * 1e4) / 1e4;
    this.points.push([fit(x + normal(spread)), fit(y + normal(spread))]);
  }

  spread() {
    return this.brush * 0.012;
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * 2 - 1, 1 - ((event.clientY - box.top) / box.height) * 2];
  }

  begin(event) {
    event.preventDefault();
    this.canvas.focus();
    this.canvas.setPointerCapture(event.pointerId);
    this.last = this.cursor = this.at(event);
    for (let i = 0; i < 3; i++) this.add(this.last, this.spread());
    this.update();
  }

  move(event) {
    if (!this.last) return;
    const to = this.at(event), [x, y] = this.last, length = Math.hypot(to[0] - x, to[1] - y);
    const count = Math.floor(length * Drawing.DENSITY);
    if (!count) return;
    for (let i = 1; i <= count; i++) this.add([x + ((to[0] - x) * i) / count, y + ((to[1] - y) * i) / count], this.spread());
    this.last = this.cursor = to;
    this.update();
  }

  press(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (event.key === " ") {
      for (let i = 0; i < Drawing.DAB; i++) this.add(this.cursor, this.spread());
    } else if (event.key in moves) {
      this.cursor = this.cursor.map((v, k) => Math.max(-1, Math.min(1, v + moves[event.key][k] * Drawing.STEP)));
    } else {
      return;
    }
    event.preventDefault();
    this.update();
  }

  stamp(name) {
    for (let i = 0; i < Drawing.STAMP; i++) this.add(SHAPES[name](Math.random()), 0.02);
    this.update();
  }

  clear() {
    this.points = [];
    this.update();
  }

  draw(context, width) {
    const place = ([x, y]) => [((x + 1) / 2) * width, ((1 - y) / 2) * width];
    context.fillStyle = colour("real");
    for (const point of this.points) {
      const [x, y] = place(point);
      context.fillRect(x - 1.5, y - 1.5, 3, 3);
    }
    if (document.activeElement === this.canvas) {
      const [x, y] = place(this.cursor);
      context.strokeStyle = colour("text");
      context.lineWidth = 1;
      context.beginPath();
      context.arc(x, y, Math.max(4, this.spread() * width * 0.7), 0, 2 * Math.PI);
      context.moveTo(x - 7, y);
      context.lineTo(x + 7, y);
      context.moveTo(x, y - 7);
      context.lineTo(x, y + 7);
      context.stroke();
    }
  }
}
