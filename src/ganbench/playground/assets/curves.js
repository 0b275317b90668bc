/** Curves over the steps, with a list of the latest values below. */
class Curves {
  static MOST = 1200;  // points of a curve; of longer ones, every second point is dropped

  constructor(canvas, list, { zero = false } = {}) {
    this.canvas = canvas;
    this.list = list;
    this.zero = zero;
    this.clear();
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  clear() {
    this.series = new Map();
    this.best = null;
    this.list.replaceChildren();
    this.draw();
  }

  add(name, step, value, text) {
    if (!Number.isFinite(value)) return;
    if (!this.series.has(name)) {
      const item = document.createElement("li"), mark = document.createElement("span"), words = document.createElement("span");
      mark.className = `line c${this.series.size % 6}`;
      item.append(mark, words);
      this.list.append(item);
      this.series.set(name, { points: [], words });
    }
    const entry = this.series.get(name);
    if (entry.points.length >= Curves.MOST) entry.points = entry.points.filter((_, i) => i % 2);
    entry.points.push([step, value]);
    entry.words.textContent = `${name} ${text ?? format(value)}`;
  }

  draw() {
    const { context, width, height } = prepare(this.canvas);
    const left = 46, bottom = height - 18, top = 6, right = width - 6;
    context.font = "11px system-ui, sans-serif";
    context.strokeStyle = colour("line");
    context.lineWidth = 1;
    context.strokeRect(left, top, right - left, bottom - top);
    const all = [...this.series.values()].flatMap((entry) => entry.points);
    if (!all.length) return;
    const values = all.map((p) => p[1]).sort((a, b) => a - b);
    let [low, high] = [0.01, 0.99].map((share) => values[Math.round(share * (values.length - 1))]);
    if (this.zero) low = 0;
    if (this.best !== null) [low, high] = [Math.min(low, this.best), Math.max(high, this.best)];
    const margin = (high - low || Math.abs(high) || 1) * 0.08;
    [low, high] = [this.zero ? low : low - margin, high + margin];
    const last = Math.max(1, ...all.map((p) => p[0]));
    const x = (step) => left + (step / last) * (right - left);
    const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - top);
    context.fillStyle = colour("soft");
    context.textAlign = "right";
    for (const share of [0, 0.5, 1]) {
      const value = low + share * (high - low);
      context.fillText(format(value), left - 4, Math.min(bottom, Math.max(top + 9, y(value) + 4)));
    }
    context.fillText(`step ${last}`, right, height - 4);
    context.textAlign = "left";
    context.fillText("0", left, height - 4);
    context.save();
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
    if (this.best !== null) {
      context.setLineDash([4, 4]);
      context.beginPath();
      context.moveTo(left, y(this.best));
      context.lineTo(right, y(this.best));
      context.stroke();
      context.setLineDash([]);
    }
    [...this.series.values()].forEach((entry, i) => {
      context.strokeStyle = colour(`c${i % 6}`);
      context.lineWidth = 1.6;
      context.beginPath();
      entry.points.forEach(([step, value], k) => (k ? context.lineTo(x(step), y(value)) : context.moveTo(x(step), y(value))));
      context.stroke();
      if (entry.points.length === 1) context.strokeRect(x(entry.points[0][0]) - 1, y(entry.points[0][1]) - 1, 2, 2);
    });
    context.restore();
  }
}

/** A number with three or four digits. */
function format(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e5)) return value.toExponential(1);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(size >= 1 ? 2 : 3);
}
