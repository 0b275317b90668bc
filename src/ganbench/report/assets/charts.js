// Line charts over steps as SVG with zoom, value readout, log scale, smoothing and a legend, by pointer and keyboard.
"use strict";
for (const figure of document.querySelectorAll(".chart")) {
  const H = 340, LEFT = 70, RIGHT = 26, TOP = 8, BOTTOM = 42, DASHES = ["", "7 3", "2 3", "9 3 2 3"];
  let W = 900; // as wide as the figure up to this, so that text keeps its size on a narrow screen
  const chart = JSON.parse(figure.querySelector("script").textContent), views = Object.keys(chart.views);
  const state = { view: views[0], log: false, smooth: 0, hidden: new Set(), from: 0, to: 1, cursor: null };

  const add = (parent, tag, properties = {}) => parent.appendChild(Object.assign(document.createElement(tag), properties));
  const draw = (parent, tag, attributes = {}, text) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    return parent.appendChild(node);
  };
  const lineStyle = (i) => `stroke: var(--c${i % 8}); stroke-dasharray: ${DASHES[Math.floor(i / 8) % 4] || "none"}`;
  const format = (value) => (value === null ? "none" : Number(value.toPrecision(4)).toString());
  const lines = () => chart.views[state.view].map((line, i) => ({ ...line, i })).filter((l) => !state.hidden.has(l.name));
  const steps = () => [...new Set(lines().flatMap((line) => line.x))].sort((a, b) => a - b);
  const fullRange = () => {
    const x = chart.views[state.view].flatMap((line) => line.x);
    const low = x.reduce((a, b) => Math.min(a, b), Infinity), high = x.reduce((a, b) => Math.max(a, b), -Infinity);
    return low < high ? [low, high] : [low - 1, high + 1];
  };

  // An exponential moving average with bias correction; gaps stay gaps.
  const smoothed = (values) => {
    let sum = 0, weight = 0;
    return values.map((value) => {
      if (value === null) return null;
      sum = state.smooth * sum + (1 - state.smooth) * value;
      weight = state.smooth * weight + 1 - state.smooth;
      return sum / weight;
    });
  };

  const linearTicks = (low, high) => {
    const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough));
    const unit = [1, 2, 5, 10].find((u) => u * power >= rough) * power, ticks = [];
    for (let k = Math.ceil(low / unit - 1e-9); k * unit <= high + unit * 1e-9; k += 1) ticks.push(k * unit);
    return ticks;
  };
  const logTicks = (low, high) => {
    const ticks = [], first = Math.ceil(low - 1e-9), last = Math.floor(high + 1e-9), every = Math.ceil((last - first + 1) / 8);
    for (let k = first; k <= last; k += every) ticks.push(10 ** k);
    return ticks.length > 1 ? ticks : linearTicks(10 ** low, 10 ** high);
  };

  const controls = add(figure, "div", { className: "controls" });
  const svg = draw(figure, "svg", { tabindex: 0, role: "application" });
  svg.setAttribute("aria-label", `${chart.title}. Arrow keys read values, plus and minus zoom, Shift with arrow keys pans, 0 shows the full range.`);
  const readout = add(figure, "output", { className: "readout" });
  const legend = add(figure, "div", { className: "legend" });
  figure.append(figure.querySelector(".words"));

  const scale = () => {
    const usable = (v) => v !== null && (!state.log || v > 0), transform = (v) => (state.log ? Math.log10(v) : v);
    let low = Infinity, high = -Infinity;
    for (const line of lines()) {
      line.x.forEach((x, i) => {
        if (x < state.from || x > state.to) return;
        for (const v of [line.y[i], line.low[i] ?? null, line.high[i] ?? null]) {
          if (usable(v)) { low = Math.min(low, transform(v)); high = Math.max(high, transform(v)); }
        }
      });
    }
    if (low === Infinity) return null;
    const margin = (high - low) * 0.05 || Math.abs(high) * 0.1 || 1;
    [low, high] = [low - margin, high + margin];
    const x = (step) => LEFT + ((step - state.from) / (state.to - state.from)) * (W - LEFT - RIGHT);
    const y = (v) => TOP + (1 - (transform(v) - low) / (high - low)) * (H - TOP - BOTTOM);
    return { low, high, x, y, usable };
  };
  const path = (xs, ys, { x, y, usable }) => {
    let open = false, text = "";
    xs.forEach((step, i) => {
      if (!usable(ys[i])) { open = false; return; }
      text += `${open ? "L" : "M"}${x(step).toFixed(1)} ${y(ys[i]).toFixed(1)}`;
      open = true;
    });
    return text;
  };
  const band = (line, to) => {
    const indices = line.x.map((_, i) => i).filter((i) => to.usable(line.low[i] ?? null) && to.usable(line.high[i] ?? null));
    const points = [...indices.map((i) => [line.x[i], line.high[i]]), ...indices.reverse().map((i) => [line.x[i], line.low[i]])];
    return points.map(([x, v]) => `${to.x(x).toFixed(1)},${to.y(v).toFixed(1)}`).join(" ");
  };

  const axes = (to) => {
    const clip = draw(draw(svg, "clipPath", { id: `${id}-clip` }), "rect", { x: LEFT, y: TOP, width: W - LEFT - RIGHT, height: H - TOP - BOTTOM });
    clip.setAttribute("class", "clip");
    for (const v of state.log ? logTicks(to.low, to.high) : linearTicks(to.low, to.high)) {
      draw(svg, "line", { class: "grid", x1: LEFT, x2: W - RIGHT, y1: to.y(v), y2: to.y(v) });
      draw(svg, "text", { x: LEFT - 6, y: to.y(v) + 4, "text-anchor": "end" }, Number(v.toPrecision(3)).toString());
    }
    for (const step of linearTicks(state.from, state.to)) {
      draw(svg, "line", { class: "grid", x1: to.x(step), x2: to.x(step), y1: TOP, y2: H - BOTTOM });
      draw(svg, "text", { x: to.x(step), y: H - BOTTOM + 16, "text-anchor": "middle" }, step.toLocaleString("en"));
    }
    draw(svg, "line", { class: "axis", x1: LEFT, x2: W - RIGHT, y1: H - BOTTOM, y2: H - BOTTOM });
    draw(svg, "text", { x: (LEFT + W) / 2, y: H - 6, "text-anchor": "middle" }, "generator steps");
    draw(svg, "text", { x: 14, y: H / 2, transform: `rotate(-90 14 ${H / 2})`, "text-anchor": "middle" }, state.view + (state.log ? " (log)" : ""));
  };
  const id = `chart${[...document.querySelectorAll(".chart")].indexOf(figure)}`;
  const render = () => {
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
    const to = scale();
    if (!to) {
      draw(svg, "text", { x: W / 2, y: H / 2, "text-anchor": "middle" }, state.log ? "No positive values to show on a log scale." : "No data to show.");
      return;
    }
    axes(to);
    const inside = draw(svg, "g", { "clip-path": `url(#${id}-clip)` });
    for (const line of lines()) {
      if (line.low.length) draw(inside, "polygon", { class: "band", style: `fill: var(--c${line.i % 8})`, points: band(line, to) });
      if (state.smooth) draw(inside, "path", { class: "raw", style: lineStyle(line.i), d: path(line.x, line.y, to) });
      const y = state.smooth ? smoothed(line.y) : line.y, single = line.x.length === 1;
      draw(inside, "path", { class: "line", style: lineStyle(line.i), d: path(line.x, y, to) });
      if (single && to.usable(y[0])) draw(inside, "circle", { cx: to.x(line.x[0]), cy: to.y(y[0]), r: 3, style: `fill: var(--c${line.i % 8})` });
    }
    if (state.cursor !== null) draw(inside, "line", { class: "cursor", x1: to.x(state.cursor), x2: to.x(state.cursor), y1: TOP, y2: H - BOTTOM });
  };
  const showValues = (step) => {
    state.cursor = step;
    const values = lines().filter((line) => line.x.includes(step)).map((line) => `${line.name} ${format(line.y[line.x.indexOf(step)])}`);
    readout.textContent = `step ${step.toLocaleString("en")}: ${values.slice(0, 10).join(" · ")}${values.length > 10 ? ` and ${values.length - 10} more` : ""}`;
    render();
  };
  const zoom = (from, to) => {
    const [low, high] = fullRange();
    if (to - from < (high - low) / 1e4) return;
    [state.from, state.to] = [Math.max(low, from), Math.min(high, to)];
    svg.dataset.range = `${state.from} ${state.to}`;
    render();
  };
  const resetZoom = () => zoom(...fullRange());

  const renderLegend = () => {
    legend.replaceChildren();
    const available = chart.views[state.view];
    if (available.length > 3) {
      for (const [label, hide] of [["all", []], ["none", available.map((line) => line.name)]]) {
        add(legend, "button", { type: "button", textContent: label }).addEventListener("click", () => {
          state.hidden = new Set(hide);
          renderLegend();
          render();
        });
      }
    }
    available.forEach((line, i) => {
      const button = add(legend, "button", { type: "button" });
      button.setAttribute("aria-pressed", !state.hidden.has(line.name));
      const swatch = draw(button, "svg", { viewBox: "0 0 24 8", "aria-hidden": true });
      draw(swatch, "line", { x1: 0, x2: 24, y1: 4, y2: 4, style: `${lineStyle(i)}; stroke-width: 2.5` });
      button.append(` ${line.name}`);
      button.addEventListener("click", () => {
        if (!state.hidden.delete(line.name)) state.hidden.add(line.name);
        button.setAttribute("aria-pressed", !state.hidden.has(line.name));
        render();
      });
    });
  };
  const selectView = (view) => {
    state.view = view;
    state.cursor = null;
    state.log = chart.log && chart.views[view].every((line) => line.y.every((v) => v === null || v >= 0));
    logBox.checked = state.log;
    renderLegend();
    resetZoom();
  };

  if (views.length > 1) {
    const select = add(add(controls, "label", { textContent: "show " }), "select");
    for (const view of views) add(select, "option", { value: view, textContent: view });
    select.addEventListener("change", () => selectView(select.value));
  }
  const logLabel = add(controls, "label"), logBox = add(logLabel, "input", { type: "checkbox" });
  logLabel.append(" log scale");
  logBox.addEventListener("change", () => { state.log = logBox.checked; render(); });
  const smoothing = add(add(controls, "label", { textContent: "smoothing " }), "input", { type: "range", min: 0, max: 0.98, step: 0.02, value: 0 });
  smoothing.addEventListener("input", () => { state.smooth = Number(smoothing.value); render(); });
  add(controls, "button", { type: "button", textContent: "Show all" }).addEventListener("click", resetZoom);
  add(controls, "small", { textContent: "drag to zoom" });

  const stepAt = (event) => {
    const box = svg.getBoundingClientRect(), x = ((event.clientX - box.left) / box.width) * W;
    return state.from + ((x - LEFT) / (W - LEFT - RIGHT)) * (state.to - state.from);
  };
  let dragStart = null;
  svg.addEventListener("pointerdown", (event) => { dragStart = stepAt(event); svg.setPointerCapture(event.pointerId); });
  svg.addEventListener("pointermove", (event) => {
    const at = stepAt(event), near = steps().reduce((a, b) => (Math.abs(b - at) < Math.abs(a - at) ? b : a), Infinity);
    if (near !== Infinity) showValues(near);
    const to = dragStart === null ? null : scale();
    if (to) {
      const [left, right] = [to.x(Math.min(dragStart, at)), to.x(Math.max(dragStart, at))];
      draw(svg, "rect", { class: "box", x: left, y: TOP, width: right - left, height: H - TOP - BOTTOM });
    }
  });
  svg.addEventListener("pointerup", (event) => {
    const [from, to] = [dragStart, stepAt(event)].sort((a, b) => a - b);
    dragStart = null;
    if (to - from > (state.to - state.from) / 100) zoom(from, to); else render();
  });
  svg.addEventListener("dblclick", resetZoom);
  svg.addEventListener("pointerleave", () => { if (dragStart === null) { state.cursor = null; render(); } });
  svg.addEventListener("keydown", (event) => {
    const visible = steps().filter((step) => step >= state.from && step <= state.to), span = state.to - state.from;
    const at = visible.indexOf(state.cursor), middle = state.cursor ?? (state.from + state.to) / 2, [low, high] = fullRange();
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (direction && event.shiftKey) {
      const shift = Math.max(low - state.from, Math.min(high - state.to, (direction * span) / 4));
      zoom(state.from + shift, state.to + shift);
    } else if (direction && visible.length) showValues(visible[Math.max(0, Math.min(visible.length - 1, at < 0 ? (direction > 0 ? 0 : visible.length - 1) : at + direction))]);
    else if (event.key === "+" || event.key === "=") zoom(middle - span / 4, middle + span / 4);
    else if (event.key === "-") zoom(middle - span, middle + span);
    else if (event.key === "0") resetZoom();
    else return;
    event.preventDefault();
  });
  const fit = () => {
    const width = Math.max(300, Math.min(900, Math.round(figure.clientWidth) || 900));
    if (width === W) return;
    W = width;
    render();
  };
  selectView(views[0]);
  fit();
  new ResizeObserver(fit).observe(figure);
}
