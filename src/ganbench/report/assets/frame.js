// Inside a frame of the same origin (the dashboard's), resize the frame to the height of its content.
"use strict";
if (window.frameElement) {
  document.documentElement.classList.add("framed");
  const fit = () => { window.frameElement.style.height = `${Math.ceil(document.body.getBoundingClientRect().height) + 1}px`; };
  new ResizeObserver(fit).observe(document.body);
  fit();
}
