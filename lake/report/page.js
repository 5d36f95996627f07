"use strict";
// Draws the figures: those of what is shown, when they come near the screen, in the colours of the page.
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const config = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false };
  const plots = [...document.querySelectorAll(".plot")];
  const drawn = new Set();
  const narrow = matchMedia("(max-width: 40rem)");

  // A figure names colours as the style sheet does; plotly wants them as they are.
  const coloured = (value, style) => {
    if (typeof value === "string") {
      const named = /^var\((--[\w-]+)\)$/.exec(value);
      return named ? style.getPropertyValue(named[1]).trim() : value;
    }
    if (Array.isArray(value)) return value.map((item) => coloured(item, style));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, style)]));
    }
    return value;
  };

  const draw = (node) => {
    const root = getComputedStyle(document.documentElement);
    const figure = coloured(figures[node.dataset.plot], root);
    figure.layout.font.family = getComputedStyle(document.body).fontFamily;
    drawn.add(node);
    Plotly.react(node, figure.data, figure.layout, config);
  };

  const near = new IntersectionObserver(
    (entries) => entries.filter((entry) => entry.isIntersecting && !drawn.has(entry.target)).forEach((entry) => draw(entry.target)),
    { rootMargin: "600px" },
  );
  plots.forEach((node) => near.observe(node));

  const again = () => drawn.forEach(draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  narrow.addEventListener("change", again);
  addEventListener("beforeprint", () => plots.filter((node) => node.offsetParent).forEach(draw));
  // A figure that was hidden while the window changed its width has the old one.
  document.querySelectorAll("input[name=currency]").forEach((choice) =>
    choice.addEventListener("change", () => drawn.forEach((node) => node.offsetParent && Plotly.Plots.resize(node))),
  );
})();
