/* AG Grid: the theme from the CSS variables, cell renderers by name, and the quick filter. */
(function () {
  "use strict";
  var functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  var components = (window.dashAgGridComponentFunctions =
    window.dashAgGridComponentFunctions || {});
  var themed = null;

  functions.terminalTheme = function (base) {
    themed = themed || base.withParams({
      accentColor: "var(--accent)",
      backgroundColor: "var(--panel)",
      foregroundColor: "var(--text)",
      borderColor: "var(--border)",
      borderRadius: 0,
      wrapperBorder: false,
      wrapperBorderRadius: 0,
      browserColorScheme: "inherit",
      cellHorizontalPadding: 10,
      chromeBackgroundColor: "var(--panel)",
      fontFamily: "inherit",
      fontSize: 12.5,
      headerBackgroundColor: "var(--panel)",
      headerTextColor: "var(--muted)",
      headerFontSize: 12,
      headerFontWeight: 500,
      headerColumnResizeHandleColor: "transparent",
      iconSize: 14,
      inputBackgroundColor: "var(--bg)",
      menuBackgroundColor: "var(--panel)",
      oddRowBackgroundColor: "transparent",
      rowBorder: { color: "color-mix(in srgb, var(--border) 60%, transparent)" },
      rowHoverColor: "var(--hover)",
      selectedRowBackgroundColor: "var(--accent-weak)",
      spacing: 6,
      tooltipBackgroundColor: "var(--panel-2)",
      tooltipTextColor: "var(--text)",
    });
    return themed;
  };

  var h = function () { return window.React.createElement.apply(null, arguments); };

  components.TerminalBadge = function (props) {
    if (props.value === null || props.value === undefined || props.value === "") return null;
    var tone = (props.tones || {})[props.value] || "neutral";
    return h("span", { className: "badge badge-" + tone }, String(props.value));
  };

  components.TerminalLink = function (props) {
    var href = props.data && props.data[props.hrefField];
    var text = props.value === null || props.value === undefined ? "" : String(props.value);
    // Only addresses of this site: a value from data never becomes a `javascript:` link.
    if (!href || href.charAt(0) !== "/" || href.charAt(1) === "/") return text;
    return h("a", {
      href: href,
      className: "grid-link",
      onClick: function (event) {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
        event.preventDefault();
        window.terminal.go(href);
      },
    }, text);
  };

  components.TerminalProgress = function (props) {
    if (props.value === null || props.value === undefined) return null;
    var percent = Math.max(0, Math.min(100, Math.round(props.value * 100)));
    return h("div", { className: "cell-progress" },
      h("div", { className: "progress", role: "progressbar", "aria-valuenow": percent },
        h("div", { className: "progress-bar", style: { width: percent + "%" } })),
      h("span", { className: "cell-progress-text" }, percent + "%"));
  };

  components.TerminalSparkline = function (props) {
    var values = (props.value || []).filter(function (v) { return v !== null && isFinite(v); });
    if (values.length < 2) return null;
    var width = 90, height = 20;
    var low = Math.min.apply(null, values), high = Math.max.apply(null, values);
    var span = high - low || 1;
    var points = values.map(function (v, k) {
      var x = 1 + (k * (width - 2)) / (values.length - 1);
      var y = 1 + ((high - v) * (height - 2)) / span;
      return x.toFixed(1) + "," + y.toFixed(1);
    });
    var rising = values[values.length - 1] >= values[0];
    return h("svg", {
      className: "sparkline", viewBox: "0 0 " + width + " " + height, width: width, height: height,
      "aria-hidden": "true",
    }, h("polyline", {
      points: points.join(" "), fill: "none", strokeWidth: 1.2,
      stroke: rising ? "var(--up)" : "var(--down)",
    }));
  };

  document.addEventListener("input", function (event) {
    var box = event.target.closest && event.target.closest(".quick-filter");
    if (!box) return;
    window.dash_ag_grid.getApiAsync(box.dataset.grid).then(function (api) {
      api.setGridOption("quickFilterText", event.target.value);
    });
  });

  /* Dates and times depend on the zone preference: draw their cells again when it changes. */
  document.addEventListener("terminal:appearance", function () {
    document.querySelectorAll(".terminal-grid[id]").forEach(function (node) {
      var api = window.dash_ag_grid && window.dash_ag_grid.getApi(node.id);
      if (api && !api.isDestroyed()) api.refreshCells({ force: true });
    });
  });
})();
