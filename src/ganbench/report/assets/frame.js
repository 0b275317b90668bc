// In a frame of a page of the same origin (the dashboard's), the frame is made as high as what is in it.
"use strict";
if (window.frameElement) {
  document.documentElement.classList.add("framed");
  const fit = () => { window.frameElement.style.height = `${Math.ceil(document.body.getBoundingClientRect().height) + 1}px`; };
  new ResizeObserver(fit).observe(document.body);
  fit();
}
