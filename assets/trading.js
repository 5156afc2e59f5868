/* Trading pages: when to ask, rows that changed, what depends on a chosen row alone. */
(function () {
  "use strict";
  var EVERY_NTH_WITHOUT_SESSION = 4;
  var clientside = (window.dash_clientside = window.dash_clientside || {});
  var same = function () { return clientside.no_update; };

  /* The grid's interface, once it is there. */
  function grid(id, use) {
    window.dash_ag_grid.getApiAsync(id).then(use, function () {});
  }

  clientside.terminalTrading = {
    /* A tick becomes a question unless one is under way or nobody looks. */
    tick: function (n, busy, slow) {
      if (busy || document.hidden) return same();
      if (slow && n % EVERY_NTH_WITHOUT_SESSION) return same();
      return n;
    },

    /* Rows by their id: known ones are updated, others added on top. */
    merge: function (change) {
      if (!change || !change.rows) return same();
      grid("tr-blotter", function (api) {
        var add = [], update = [];
        change.rows.forEach(function (row) {
          (api.getRowNode(String(row.id)) ? update : add).push(row);
        });
        api.applyTransaction({ add: add, update: update, addIndex: 0 });
        if (api.onFilterChanged) api.onFilterChanged();
      });
      return "";
    },

    blotterTab: function (tab) {
      if (tab === "all") return {};
      return { group: { filterType: "text", type: "equals", filter: tab } };
    },

    /* [cancel disabled, replace disabled, words, form hidden] */
    choose: function (rows, clicks) {
      var row = (rows || [])[0];
      if (!row) return [true, true, "Choose an order to cancel or replace it.", true];
      var words = row.side + " " + row.quantity + " " + row.symbol + ": " + row.state;
      var works = row.group === "working";
      var pressed = clientside.callback_context.triggered.some(function (one) {
        return one.prop_id.indexOf("tr-replace-open") === 0;
      });
      return [!works, !row.can, words, !(pressed && row.can)];
    },

    /* Which prices an order type takes. */
    priceFields: function (type, ids) {
      var takes = {
        limit_price: ["limit", "stop_limit"],
        stop_price: ["stop", "stop_limit"],
        trail_price: ["trailing_stop"],
        trail_percent: ["trailing_stop"],
      };
      return ids.map(function (id) { return takes[id.name].indexOf(type) < 0; });
    },
  };
})();
