/* Trading pages: when to ask, rows that changed, what depends on a chosen row alone. */
(function () {
  "use strict";
  var POLL_MS = 500;
  var EVERY_NTH_WITHOUT_SESSION = 4;
  var clientside = (window.dash_clientside = window.dash_clientside || {});
  var same = function () { return clientside.no_update; };

  /* The grid's interface, once it is there. */
  function grid(id, use) {
    window.dash_ag_grid.getApiAsync(id).then(use, function () {});
  }

  var place = null, seen = {}, turn = 0, asking = false;

  function store(id) { return { id: id, property: "data" }; }

  /* As Dash sends it with its own requests. */
  function token() {
    var found = document.cookie.match(/(?:^|; )_csrf_token=([^;]*)/);
    return found ? decodeURIComponent(found[1]) : "";
  }

  /* Ask the page's own callback what changed; nothing of the page is touched while nothing did. */
  function poll() {
    var now = document.getElementById("tr-poll");
    if (!now || document.hidden || asking) return;
    if (now !== place) {
      place = now;
      seen = JSON.parse(now.dataset.seen);
    }
    turn += 1;
    if (seen["tr-slow"] && turn % EVERY_NTH_WITHOUT_SESSION) return;
    var ids = Object.keys(seen);
    var known = [["tr-account", now.dataset.account]].concat(
      ids.map(function (id) { return [id, seen[id]]; }));
    asking = true;
    fetch("/_dash-update-component", {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
      body: JSON.stringify({
        output: ".." + ids.map(function (id) { return id + ".data"; }).join("...") + "..",
        outputs: ids.map(store),
        inputs: [{ id: "tr-tick", property: "data", value: turn }],
        state: known.map(function (one) {
          return { id: one[0], property: "data", value: one[1] };
        }),
        changedPropIds: ["tr-tick.data"],
      }),
    }).then(function (answer) {
      return answer.status === 200 ? answer.json() : null;
    }).then(function (answer) {
      if (!answer || now !== document.getElementById("tr-poll")) return;
      Object.keys(answer.response || {}).forEach(function (id) {
        if (!(id in seen)) return;
        seen[id] = answer.response[id].data;
        clientside.set_props(id, { data: seen[id] });
      });
    }).catch(function () {
      // the server is away: asked again with the next turn
    }).then(function () { asking = false; });
  }

  window.setInterval(poll, POLL_MS);

  clientside.terminalTrading = {
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
