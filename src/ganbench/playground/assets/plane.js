"use strict";

/** A colour of the style sheet, by the name of its variable. */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Fit a canvas to its place and the screen's pixels; return its context in CSS pixels, and its size. */
function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1, { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/** The plane: D's output as colours, real and generated points, and arrows. */
class Plane {
  static UNIT = 10000;  // coordinates from the server: 0 is the low end of the plane, this is the high end
  static LONGEST = 0.07;  // of all arrows, as a share of the plane

  constructor(canvas) {
    this.canvas = canvas;
    this.real = [];
    this.frame = null;
    this.range = [-1, 1];
    this.side = 40;
    this.drawing = null;
    this.image = document.createElement("canvas");
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  draw() {
    const { context, width } = prepare(this.canvas);
    if (!width) return;
    this.scale = width / Plane.UNIT;
    this.size = width;
    if (this.drawing) {
      this.drawing.draw(context, width);
    } else {
      if (this.frame?.critic) this.drawCritic(context, this.frame.critic);
      this.drawPoints(context, this.real, "real");
      if (this.frame) {
        this.drawPoints(context, this.frame.fakes, "fake");
        this.drawArrows(context, this.frame.arrows);
      }
    }
    this.drawRange(context, width);
  }

  drawCritic(context, critic) {
    const side = this.side;
    const tones = ["low", "high"].map((name) => {
      const hex = colour(name);
      return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
    });
    this.image.width = this.image.height = side;
    const inner = this.image.getContext("2d"), pixels = inner.createImageData(side, side);
    critic.values.forEach((value, i) => {
      const x = i % side, y = side - 1 - Math.floor(i / side);  // the first row is the lowest
      const lean = value / 127.5 - 1;
      pixels.data.set([...tones[lean > 0 ? 1 : 0], Math.abs(lean) * 165], 4 * (y * side + x));
    });
    inner.putImageData(pixels, 0, 0);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.image, 0, 0, this.size, this.size);
  }

  drawPoints(context, flat, kind) {
    context.fillStyle = colour(kind);
    context.globalAlpha = 0.8;
    const radius = Math.max(1.6, this.size / 210);
    for (let i = 0; i < flat.length; i += 2) {
      const x = flat[i] * this.scale, y = this.size - flat[i + 1] * this.scale;
      if (kind === "fake") {
        context.beginPath();
        context.arc(x, y, radius, 0, 2 * Math.PI);
        context.fill();
      } else {
        context.fillRect(x - radius * 0.8, y - radius * 0.8, radius * 1.6, radius * 1.6);
      }
    }
    context.globalAlpha = 1;
  }

  drawArrows(context, arrows) {
    context.strokeStyle = colour("arrow");
    context.lineWidth = 1.3;
    context.beginPath();
    for (let i = 0; i < arrows.length; i += 4) {
      const x = arrows[i] * this.scale, y = this.size - arrows[i + 1] * this.scale;
      const length = Plane.LONGEST * this.scale;
      const dx = arrows[i + 2] * length, dy = -arrows[i + 3] * length;
      if (Math.hypot(dx, dy) < 1.5) continue;
      context.moveTo(x, y);
      context.lineTo(x + dx, y + dy);
      for (const turn of [2.6, -2.6]) {
        const [c, s] = [Math.cos(turn) * 0.3, Math.sin(turn) * 0.3];
        context.moveTo(x + dx, y + dy);
        context.lineTo(x + dx + c * dx - s * dy, y + dy + s * dx + c * dy);
      }
    }
    context.stroke();
  }

  drawRange(context, width) {
    context.fillStyle = colour("soft");
    context.font = "11px system-ui, sans-serif";
    context.textAlign = "left";
    context.fillText(`${this.range[0]}`, 4, width - 5);
    context.textAlign = "right";
    context.fillText(`${this.range[1]}`, width - 4, width - 5);
    context.fillText(`${this.range[1]}`, width - 4, 13);
  }

  /** What the generated points look like, in words. */
  describe() {
    if (!this.frame) return "";
    const { fakes } = this.frame, n = fakes.length / 2, [low, high] = this.range;
    const mean = [0, 1].map((k) => {
      let sum = 0;
      for (let i = k; i < fakes.length; i += 2) sum += fakes[i];
      return low + (sum / n / Plane.UNIT) * (high - low);
    });
    let inside = 0;
    for (let i = 0; i < fakes.length; i += 2) {
      inside += [fakes[i], fakes[i + 1]].every((v) => v >= 0 && v <= Plane.UNIT);
    }
    const outside = inside < n ? `; ${n - inside} are outside of the plane` : "";
    return `${n} generated points around (${mean.map((v) => v.toFixed(2)).join(", ")})${outside}.`;
  }
}
