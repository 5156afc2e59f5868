/* Jobs: the running clock of the table, the log's level filter, the log kept at its end. */
(function () {
  "use strict";
  var functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});

  function two(number) { return (number < 10 ? "0" : "") + number; }

  /* The same words as pages/components/clock.py `duration`. */
  functions.terminalElapsed = function (row) {
    if (!row || !row.started) return "\u2013";
    var end = row.finished ? new Date(row.finished) : new Date();
    var seconds = Math.max(0, (end - new Date(row.started)) / 1000);
    if (seconds < 9.95) return seconds.toFixed(1) + " s";
    var whole = Math.round(seconds);
    if (whole < 60) return whole + " s";
    var minutes = Math.floor(whole / 60);
    if (minutes < 60) return minutes + " min " + two(whole % 60) + " s";
    return Math.floor(minutes / 60) + " h " + two(minutes % 60) + " min";
  };

  window.setInterval(function () {
    if (document.hidden || !document.getElementById("jobs-table") || !window.dash_ag_grid) return;
    var api = window.dash_ag_grid.getApi("jobs-table");
    if (api && !api.isDestroyed()) api.refreshCells({ columns: ["duration"], force: true });
  }, 1000);

  /* A log that was at its end stays there when lines are added. */
  new MutationObserver(function (changes) {
    if (!document.querySelector(".job-log")) return;
    changes.forEach(function (change) {
      var log = change.target.closest && change.target.closest(".job-log");
      if (!log) return;
      var before = Number(log.dataset.height || 0);
      if (log.scrollTop + log.clientHeight >= before - 24) log.scrollTop = log.scrollHeight;
      log.dataset.height = String(log.scrollHeight);
    });
  }).observe(document.documentElement, { childList: true, subtree: true });

  var clientside = (window.dash_clientside = window.dash_clientside || {});
  clientside.terminalJobs = {
    filterLog: function (level) { return "job-log level-" + (level || "debug"); },
  };
})();
