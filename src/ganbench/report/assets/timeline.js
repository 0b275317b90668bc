// One slider and one play button for all series of a timeline; each shows its newest frame up to the slider's step.
"use strict";
for (const timeline of document.querySelectorAll(".timeline")) {
  const steps = timeline.dataset.steps.split(",").map(Number), label = timeline.dataset.label;
  const series = [...timeline.querySelectorAll(".frames")].map((frames) => [...frames.querySelectorAll("img")]);
  const add = (parent, tag, properties) => parent.appendChild(Object.assign(document.createElement(tag), properties));
  const controls = document.createElement("div");
  controls.className = "controls";
  const play = add(controls, "button", { type: "button", textContent: "Play" });
  const slider = add(controls, "input", { type: "range", min: 0, max: steps.length - 1, value: steps.length - 1 });
  slider.setAttribute("aria-label", `step of ${label}`);
  const output = add(controls, "output", {});
  const rateSelect = add(add(controls, "label", { textContent: "frames per second " }), "select", {});
  for (const rate of [2, 5, 10, 20]) add(rateSelect, "option", { value: rate, textContent: rate, selected: rate === 5 });
  timeline.prepend(controls);
  timeline.classList.add("live");
  const show = () => {
    const step = steps[slider.value];
    output.textContent = `step ${step.toLocaleString("en")}`;
    slider.setAttribute("aria-valuetext", output.textContent);
    for (const images of series) {
      const upTo = images.filter((image) => Number(image.dataset.step) <= step);
      const shown = upTo.length ? upTo[upTo.length - 1] : images[0];
      for (const image of images) image.hidden = image !== shown;
    }
  };
  let timer = 0;
  const stop = () => { clearInterval(timer); timer = 0; play.textContent = "Play"; };
  const advance = () => {
    if (Number(slider.value) >= steps.length - 1) return stop();
    slider.value = Number(slider.value) + 1;
    show();
  };
  const start = () => {
    if (Number(slider.value) >= steps.length - 1) slider.value = 0;
    play.textContent = "Pause";
    timer = setInterval(advance, 1000 / Number(rateSelect.value));
    show();
  };
  play.addEventListener("click", () => (timer ? stop() : start()));
  rateSelect.addEventListener("change", () => { if (timer) { stop(); start(); } });
  slider.addEventListener("input", () => { stop(); show(); });
  show();
}
