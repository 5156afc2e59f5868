/* Runs before the first paint: the theme this browser chose last, else what the server knows of
   the person (already in the attributes of <html>). */
(function () {
  "use strict";
  var root = document.documentElement;
  function kept(key, allowed) {
    try {
      var value = JSON.parse(window.localStorage.getItem(key));
      return allowed.indexOf(value) < 0 ? null : value;
    } catch (_error) {
      return null;
    }
  }
  root.dataset.theme = kept("theme", ["dark", "light"]) || root.dataset.theme || "dark";
  root.dataset.palette =
    kept("palette", ["standard", "colour-blind"]) || root.dataset.palette || "standard";
  root.dataset.time =
    kept("time-display", ["exchange", "utc", "local"]) || root.dataset.time || "exchange";
  if (kept("sidebar", ["narrow"])) root.dataset.sidebar = "narrow";
})();
