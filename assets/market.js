/* Market: panning and zooming through series of any length, the watch list's own cells.

   A view is two positions in the stored series. What is drawn is a window of it: `offset` is the
   position of its first bar, `each` how many stored bars one drawn bar holds. Bars are asked for
   when the view comes near the window's end or is much finer or coarser than what is drawn; one
   request at a time, and after an answer only the newest view counts. */
(function () {
  "use strict";
  var clientside = (window.dash_clientside = window.dash_clientside || {});
  var functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  var components = (window.dashAgGridComponentFunctions =
    window.dashAgGridComponentFunctions || {});
  var NEAR = 0.3; // of the view: how close its edge may come to the end of what is drawn
  var MOST_IN_VIEW = 1000, WAIT_MS = 70, GIVE_UP_MS = 8000;
  var BESIDE = 12; // drawn bars of empty space at either end of the series
  var SHORT = { "1min": "1 min", "5min": "5 min", "15min": "15 min", "30min": "30 min",
    "1h": "1 h", "1d": "1 day", "1w": "1 week", "1mo": "1 month" };
  var place = null, actual = null, linkedNow = null, span = null, scale = "linear";
  var seq = 0, waiting = 0, again = false, ownHeight = false, timer = 0, dragging = false;

  function set(id, props) { window.dash_clientside.set_props(id, props); }
  function none() { return window.dash_clientside.no_update; }
  function graph() { return document.querySelector("#mk-figure .js-plotly-plot"); }
  function same(a, b) { return a && b && a.dataset === b.dataset && a.symbol === b.symbol; }

  function numbers(values) {
    if (!values || !values.bdata) return values || [];
    var text = window.atob(values.bdata), bytes = new Uint8Array(text.length);
    for (var k = 0; k < text.length; k += 1) bytes[k] = text.charCodeAt(k);
    var kinds = { f4: Float32Array, f8: Float64Array, i4: Int32Array, i2: Int16Array,
      i1: Int8Array, u1: Uint8Array, u2: Uint16Array, u4: Uint32Array };
    return new (kinds[values.dtype] || Float64Array)(bytes.buffer);
  }

  /* Lowest and highest of the bars between two drawn positions, with a little air. */
  function priceRange(trace, left, right) {
    var highs = numbers(trace.high || trace.y), lows = numbers(trace.low || trace.y);
    var low = Infinity, high = -Infinity;
    for (var k = Math.max(0, Math.ceil(left)); k <= right && k < highs.length; k += 1) {
      if (lows[k] < low && (scale !== "log" || lows[k] > 0)) low = lows[k];
      if (highs[k] > high) high = highs[k];
    }
    if (!isFinite(low) || !isFinite(high)) return null;
    if (scale === "log") { low = Math.log10(low); high = Math.log10(high); }
    var air = (high - low) * 0.05 || Math.abs(high) * 0.02 || 1;
    return [low - air, high + air];
  }

  function volumeRange(traces, left, right) {
    var top = 0;
    traces.forEach(function (trace) {
      if (trace.yaxis !== "y2") return;
      var values = numbers(trace.y);
      for (var k = Math.max(0, Math.ceil(left)); k <= right && k < values.length; k += 1) {
        if (values[k] > top) top = values[k];
      }
    });
    return top ? [0, top * 1.05] : null;
  }

  /* The view in stored positions, from where the axis stands. */
  function view() {
    var shown = graph();
    if (!shown || !shown.layout || !shown.layout.xaxis || !place) return null;
    var range = shown.layout.xaxis.range;
    if (!range || typeof range[0] !== "number") return null;
    return [place.offset + (range[0] + 0.5) * place.each,
      place.offset + (range[1] + 0.5) * place.each];
  }

  function drawn(where, stored) {
    return [(stored[0] - where.offset) / where.each - 0.5,
      (stored[1] - where.offset) / where.each - 0.5];
  }

  function needs(stored) {
    var width = stored[1] - stored[0], end = place.offset + place.drawn * place.each;
    var finest = Math.max(1, Math.ceil(width / MOST_IN_VIEW));
    if (finest < place.each * 0.6 || finest > place.each * 1.5) return true;
    return (place.offset > 0 && stored[0] - NEAR * width < place.offset) ||
      (end < place.size && stored[1] + NEAR * width > end);
  }

  function ask(more) {
    seq += 1;
    waiting = Date.now();
    set("mk-request", { data: Object.assign({ seq: seq, key: place.key }, more) });
  }

  function askIfNeeded() {
    var stored = view();
    if (!stored || dragging) return;
    set("mk-view", { data: { key: place.key, first: Math.round(stored[0]), last: Math.round(stored[1]) - 1 } });
    if (!needs(stored)) return;
    if (waiting && Date.now() - waiting < GIVE_UP_MS) { again = true; return; }
    ask({ first: Math.floor(stored[0]), last: Math.ceil(stored[1]) });
  }

  /* Nobody gets lost beside the data: a view that left it comes back with its width. */
  function inside(range) {
    var ends = drawn(place, [0, place.size]);
    var width = Math.min(range[1] - range[0], ends[1] - ends[0] + 2 * BESIDE);
    var left = Math.min(Math.max(range[0], ends[0] - BESIDE), ends[1] + BESIDE - width);
    return [left, left + width];
  }

  function fit() {
    var shown = graph();
    if (!shown || !place || !shown.data.length) return;
    var range = inside(shown.layout.xaxis.range), change = {};
    if (Math.abs(range[0] - shown.layout.xaxis.range[0]) + Math.abs(range[1] - shown.layout.xaxis.range[1]) > 1e-6) {
      change["xaxis.range"] = range;
    }
    if (ownHeight) {
      if (change["xaxis.range"]) window.Plotly.relayout(shown, change);
      return;
    }
    var price = priceRange(shown.data[0], range[0], range[1]);
    var volume = volumeRange(shown.data, range[0], range[1]);
    if (price) change["yaxis.range"] = price;
    if (volume) change["yaxis2.range"] = volume;
    if (Object.keys(change).length) window.Plotly.relayout(shown, change);
  }

  function settle() {
    fit();
    askIfNeeded();
  }

  function say() {
    var node = document.getElementById("mk-detail");
    if (!node) return;
    node.textContent = place.each > 1
      ? "1 bar = " + place.each + " × " + (SHORT[place.unit] || place.unit) + "; zoom in for single ones"
      : "";
  }

  function markRow() {
    if (!window.dash_ag_grid || !actual) return;
    window.dash_ag_grid.getApiAsync("mk-watch").then(function (api) {
      api.forEachNode(function (node) {
        var here = node.data && same(node.data, actual);
        if (Boolean(here) !== Boolean(node.isSelected())) node.setSelected(Boolean(here));
      });
      if (!api.terminalOrder) {
        api.terminalOrder = true;
        api.addEventListener("rowDragEnd", function () {
          var ids = [];
          api.forEachNodeAfterFilterAndSort(function (node) { ids.push(node.data.id); });
          set("mk-edit", { data: { op: "order", ids: ids, at: Date.now() } });
        });
      }
    });
  }

  document.addEventListener("pointerdown", function (event) {
    dragging = Boolean(event.target.closest && event.target.closest("#mk-figure"));
  }, true);
  ["pointerup", "pointercancel"].forEach(function (kind) {
    document.addEventListener(kind, function () { dragging = false; }, true);
  });

  clientside.terminalMarket = {
    /* The linked symbol, or what the address asks for, is what the chart shows. */
    follow: function (linked, asked, chosen) {
      if (!chosen) {
        place = null; actual = null; again = false; waiting = 0; span = null; ownHeight = false;
        linkedNow = asked || linked || null;
        if (asked && !same(asked, linked)) set("linked-symbol", { data: asked });
        return linkedNow || {};
      }
      linkedNow = linked;
      if (!linked || same(linked, actual) || same(linked, chosen)) return none();
      return linked;
    },

    pick: function (dataset, symbol) {
      var wanted = { dataset: dataset, symbol: symbol };
      if (!dataset || !symbol || same(wanted, actual) || same(wanted, linkedNow)) return none();
      set("linked-symbol", { data: wanted });
      return none();
    },

    pickRow: function (rows) {
      if (!rows || !rows.length) return none();
      return clientside.terminalMarket.pick(rows[0].dataset, rows[0].symbol);
    },

    range: function (value) {
      if (!value || value === span || !place) return none();
      span = value;
      ask({ range: value });
      return none();
    },

    /* An answer becomes the figure; the person's own view and height stay when it is the same series. */
    apply: function (answer) {
      if (!answer || (answer.seq && answer.seq < seq && !answer.jump)) {
        waiting = 0;
        return none();
      }
      var figure = answer.figure, layout = figure.layout;
      var stored = !answer.jump && place && place.key === answer.place.key ? view() : null;
      var kept = stored && scale === answer.scale && ownHeight ? graph().layout.yaxis.range : null;
      if (!stored) ownHeight = false;
      place = answer.place;
      actual = answer.chosen;
      scale = answer.scale;
      waiting = 0;
      if (layout.xaxis && figure.data.length) {
        if (stored) layout.xaxis.range = drawn(place, stored);
        var left = layout.xaxis.range[0], right = layout.xaxis.range[1];
        layout.yaxis.range = kept || priceRange(figure.data[0], left, right) || layout.yaxis.range;
        var volume = volumeRange(figure.data, left, right);
        if (volume && layout.yaxis2) layout.yaxis2.range = volume;
      }
      if (answer.jump) {
        span = answer.jump;
        set("mk-range", { value: span });
        set("mk-view", { data: { key: place.key, first: place.offset + place.view[0] * place.each,
          last: Math.min(place.size, place.offset + (place.view[1] + 1) * place.each) - 1 } });
      }
      if (!same(actual, linkedNow)) { linkedNow = actual; set("linked-symbol", { data: actual }); }
      var address = "/?dataset=" + encodeURIComponent(actual.dataset) + "&symbol=" + encodeURIComponent(actual.symbol);
      if (window.location.pathname === "/") window.history.replaceState(window.history.state, "", address);
      say();
      markRow();
      if (again) { again = false; window.setTimeout(askIfNeeded, WAIT_MS); }
      return figure;
    },

    moved: function (change) {
      var keys = Object.keys(change || {});
      var along = keys.some(function (key) { return key.indexOf("xaxis.") === 0; });
      var up = keys.some(function (key) { return key.indexOf("yaxis.range") === 0; });
      if (!along && !up) return none();
      if (change["xaxis.autorange"]) { span = null; set("mk-range", { value: "MAX" }); return none(); }
      if (up && !along) {
        var shown = graph(), range = shown && shown.layout.xaxis.range;
        var own = range && priceRange(shown.data[0], range[0], range[1]);
        // Our own fitting comes back here as well; only what differs from it is the person's.
        var now = shown.layout.yaxis.range;
        ownHeight = Boolean(own) && Math.abs(own[0] - now[0]) + Math.abs(own[1] - now[1]) > 1e-9 * Math.abs(own[1]);
        return none();
      }
      if (change["xaxis.range"] && !change["xaxis.range[0]"]) return none(); // our own `fit`
      if (span !== null) { span = null; set("mk-range", { value: null }); }
      window.clearTimeout(timer);
      timer = window.setTimeout(settle, WAIT_MS);
      return none();
    },
  };

  functions.marketShort = function (value) {
    if (value === null || value === undefined || isNaN(value)) return "–";
    var steps = [[1e9, "B"], [1e6, "M"], [1e3, "k"]];
    for (var k = 0; k < steps.length; k += 1) {
      if (value >= steps[k][0]) return (value / steps[k][0]).toFixed(1) + steps[k][1];
    }
    return String(Math.round(value));
  };

  var h = function () { return window.React.createElement.apply(null, arguments); };

  components.MarketInstrument = function (props) {
    var row = props.data;
    return h("div", { className: "mk-cell", title: (row.name ? row.name + " · " : "") + row.title },
      h("div", { className: "mk-cell-symbol" }, row.symbol,
        row.simulated ? h("span", { className: "badge badge-simulated" }, "SIMULATED") : null),
      h("div", { className: "mk-cell-name" }, row.name && row.name !== row.symbol ? row.name : row.title));
  };

  components.MarketRemove = function (props) {
    return h("button", {
      type: "button", className: "mk-remove", title: "Take " + props.data.symbol + " off the list",
      "aria-label": "Take " + props.data.symbol + " off the list",
      onClick: function (event) {
        event.stopPropagation();
        set("mk-edit", { data: { op: "remove", id: props.data.id, at: Date.now() } });
      },
    }, "×");
  };
})();
