/* Draws the report's figures from the payload, switches mode and scale, and prints in light. */
(function () {
  "use strict";
  var payload = JSON.parse(document.getElementById("payload").textContent);
  var root = document.documentElement;
  var plots = Array.prototype.slice.call(document.querySelectorAll("[data-figure]"));
  var button = document.getElementById("mode");
  var alternative = {};
  // Width of a figure on A4 between 12 mm margins, alone and two abreast, in CSS pixels.
  var PAPER = 666;
  var PAPER_HALF = 312;

  function resolve(value) {
    if (Array.isArray(value)) return value.map(resolve);
    if (value && typeof value === "object") {
      if ("$array" in value) return payload.arrays[value.$array];
      var copy = {};
      Object.keys(value).forEach(function (key) { copy[key] = resolve(value[key]); });
      return copy;
    }
    return value;
  }

  function draw(node) {
    var key = node.dataset.figure + (alternative[node.dataset.figure] ? "-alternative" : "");
    var figure = resolve(payload.figures[key][root.dataset.theme]);
    delete figure.layout.height;
    var tall = Number(node.dataset.height);
    node.style.height = tall + "px";
    if (root.classList.contains("printing")) {
      node.style.height = Math.round(tall * 0.78) + "px";
      figure.layout.width = node.closest(".card").classList.contains("wide") ? PAPER : PAPER_HALF;
    }
    return Plotly.react(node, figure.data, figure.layout, payload.config);
  }

  function setMode(mode) {
    root.dataset.theme = mode;
    if (button) button.textContent = mode === "dark" ? "Light" : "Dark";
    return Promise.all(plots.map(draw));
  }

  if (button) {
    button.addEventListener("click", function () {
      setMode(root.dataset.theme === "dark" ? "light" : "dark");
    });
  }
  document.querySelectorAll("[data-switch]").forEach(function (item) {
    item.addEventListener("click", function () {
      var key = item.dataset.switch;
      alternative[key] = !alternative[key];
      item.setAttribute("aria-pressed", String(alternative[key]));
      draw(plots.filter(function (node) { return node.dataset.figure === key; })[0]);
    });
  });

  var before = null;
  window.addEventListener("beforeprint", function () {
    before = root.dataset.theme;
    root.classList.add("printing");
    setMode("light");
  });
  window.addEventListener("afterprint", function () {
    root.classList.remove("printing");
    setMode(before || "light");
    plots.forEach(function (node) { Plotly.Plots.resize(node); });
  });

  setMode(root.dataset.theme).then(function () { root.dataset.drawn = String(plots.length); });
})();
