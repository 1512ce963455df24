// Looking closer at a picture: by wheel at the pointer, by dragging, by keys. On a phone the browser's own pinch does it.
const MOST = 16;

// Answers { by(factor), fit() } for keys. `frame` lies in the middle of `stage`, which hides what goes beyond it.
export function zoomable(stage, frame) {
  let [scale, x, y] = [1, 0, 0];
  const lay = () => {
    if (scale === 1) x = y = 0;
    frame.style.transform = scale === 1 ? "" : `translate(${x}px, ${y}px) scale(${scale})`;
    stage.classList.toggle("zoomed", scale > 1);
  };
  // The point that lies at (cx, cy) from the middle of the unmoved frame stays there.
  const zoom = (factor, cx, cy) => {
    const next = Math.min(MOST, Math.max(1, scale * factor));
    x = cx - ((cx - x) * next) / scale;
    y = cy - ((cy - y) * next) / scale;
    scale = next;
    lay();
  };
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const box = frame.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 300), event.clientX - (box.left + box.width / 2) + x, event.clientY - (box.top + box.height / 2) + y);
  }, { passive: false });
  let from = null;
  frame.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || scale === 1) return;
    from = [event.clientX - x, event.clientY - y];
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => {
    if (!from) return;
    [x, y] = [event.clientX - from[0], event.clientY - from[1]];
    lay();
  });
  for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, () => (from = null));
  frame.addEventListener("dragstart", (event) => event.preventDefault());
  return { by: (factor) => zoom(factor, 0, 0), fit: () => ((scale = 1), lay()) };
}
