/* Times in the zone the person prefers: <time> elements, and two formatters for tables.
   `exchange`: times of a market in its zone, the terminal's own times in the browser's zone. */
(function () {
  "use strict";
  var grid = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  var root = document.documentElement;

  function localZone() {
    return Intl.DateTimeFormat().resolvedOptions().timeZone;
  }

  function zoneFor(exchangeZone) {
    if (root.dataset.time === "utc") return "UTC";
    if (root.dataset.time === "local" || !exchangeZone) return localZone();
    return exchangeZone;
  }

  grid.terminalMarketTime = function (value, exchangeZone, detail) {
    // A day is the exchange's day in every display: 2020-03-02 must not become the 1st elsewhere.
    return grid.terminalTime(value, detail === "day" ? exchangeZone : zoneFor(exchangeZone), detail);
  };
  grid.terminalClock = function (value, detail) {
    return grid.terminalTime(value, zoneFor(""), detail);
  };

  function write(node) {
    var at = node.getAttribute("datetime");
    if (!at || !node.dataset.detail) return;
    var zone = zoneFor(node.dataset.zone);
    var text = grid.terminalTime(at, zone, node.dataset.detail);
    if (node.textContent !== text) node.textContent = text;
    if (!node.title) node.title = at.replace("T", " ").replace("+00:00", " UTC");
  }

  function writeAll() {
    document.querySelectorAll("time[data-detail]").forEach(write);
  }

  document.addEventListener("terminal:appearance", writeAll);
  /* At most once a frame: charts change the document hundreds of times while the mouse moves. */
  var asked = false;
  new MutationObserver(function () {
    if (asked) return;
    asked = true;
    window.requestAnimationFrame(function () { asked = false; writeAll(); });
  }).observe(document.documentElement, {
    childList: true, subtree: true, characterData: true,
  });
})();
