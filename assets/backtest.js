/* Backtest pages: what can be done with the runs that are chosen in the list. */
(function () {
  "use strict";
  var MOST_COMPARED = 6;
  var clientside = (window.dash_clientside = window.dash_clientside || {});

  /* Figures below the window are asked for when their card comes near it. */
  var near = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (!entry.isIntersecting) return;
      near.unobserve(entry.target);
      window.dash_clientside.set_props(
        { type: "bt-near", key: entry.target.dataset.near }, { data: Date.now() });
    });
  }, { rootMargin: "400px 0px" });

  new MutationObserver(function () {
    document.querySelectorAll(".bt-later:not([data-watched])").forEach(function (card) {
      card.dataset.watched = "";
      near.observe(card);
    });
  }).observe(document.documentElement, { childList: true, subtree: true });

  clientside.terminalBacktest = {
    /* After Run was refused: bring the first sentence under a field into view. */
    showFirstError: function () {
      window.requestAnimationFrame(function () {
        var place = document.querySelector(".bt-form .field-error:not(:empty)");
        if (!place) return;
        var closed = place.closest("details:not([open])");
        if (closed) closed.open = true;
        place.scrollIntoView({ block: "center" });
      });
      return "";
    },

    /* Disabled states of compare, rename and archive. */
    chosen: function (rows) {
      var finished = (rows || []).filter(function (row) { return row.state === "succeeded"; });
      var all = finished.length === (rows || []).length;
      return [
        !all || finished.length < 2 || finished.length > MOST_COMPARED,
        !all || finished.length !== 1,
        !all || finished.length < 1,
      ];
    },
  };
})();
