/* The browser's twin of terminal/charts/numbers.py: the same value gives the same text in tables
   drawn here as in figures and reports drawn by the server. A test compares the two.

   For AG Grid: valueFormatter {"function": "terminalNumber(params.value, 'currency')"},
   terminalNumber(params.value, 'percent', true) writes a plus sign,
   terminalChange(params.value, 'percent') adds the arrow,
   cellClassRules {"num-up": "terminalSign(params.value) > 0", "num-down": "terminalSign(params.value) < 0"},
   terminalTime(params.value, 'America/New_York', 'day' | 'minute' | 'second') writes a time. */
(function (root) {
  "use strict";

  var MISSING = "\u2013";
  var MINUS = "\u2212";
  var INFINITY = "\u221e";
  var EXPONENT_FROM = 1e15;
  var UNITS = {
    ratio: { decimals: 2, suffix: "", scale: 1 },
    percent: { decimals: 2, suffix: "%", scale: 100 },
    currency: { decimals: 2, suffix: "", scale: 1 },
    bps: { decimals: 1, suffix: " bp", scale: 10000 },
    price: { decimals: null, suffix: "", scale: 1 },
    quantity: { decimals: null, suffix: "", scale: 1 },
    count: { decimals: 0, suffix: "", scale: 1 },
    bars: { decimals: null, suffix: " bars", scale: 1 },
    sessions: { decimals: null, suffix: " sessions", scale: 1 },
    days: { decimals: null, suffix: " d", scale: 1 },
    years: { decimals: 2, suffix: " y", scale: 1 },
    seconds: { decimals: 2, suffix: " s", scale: 1 },
  };

  function decimalsOf(magnitude, unit) {
    if (unit === "quantity") return magnitude === Math.floor(magnitude) ? 0 : 4;
    if (unit === "days" || unit === "bars" || unit === "sessions") {
      return magnitude === Math.floor(magnitude) ? 0 : 1;
    }
    return magnitude >= 1 || magnitude === 0 ? 2 : magnitude >= 0.01 ? 4 : 6;
  }

  function grouped(text) {
    var parts = text.split(".");
    parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, ",");
    return parts.join(".");
  }

  function body(magnitude, unit, decimals) {
    if (magnitude === Infinity) return INFINITY;
    if (magnitude >= EXPONENT_FROM) return magnitude.toExponential(2);
    return grouped(magnitude.toFixed(decimals === null ? decimalsOf(magnitude, unit) : decimals));
  }

  function terminalNumber(value, unit, signed) {
    var style = UNITS[unit || "ratio"];
    if (!style) throw new Error("no unit '" + unit + "'; known: " + Object.keys(UNITS).join(", "));
    if (value === null || value === undefined || value === "") return MISSING;
    var number = Number(value) * style.scale;
    if (Number.isNaN(number)) return MISSING;
    var text = body(Math.abs(number), unit || "ratio", style.decimals);
    var zero = !/[1-9]/.test(text) && text !== INFINITY;
    var sign = zero ? "" : number < 0 ? MINUS : signed ? "+" : "";
    return sign + text + style.suffix;
  }

  function terminalChange(value, unit) {
    var text = terminalNumber(value, unit || "percent", true);
    if (text.charAt(0) === "+") return "\u25b2 " + text;
    if (text.charAt(0) === MINUS) return "\u25bc " + text;
    return text;
  }

  function terminalSign(value) {
    var number = value === null || value === undefined || value === "" ? NaN : Number(value);
    return number > 0 ? 1 : number < 0 ? -1 : 0;
  }

  var FORMATS = {};
  function timeFormat(zone, detail) {
    var key = zone + "|" + detail;
    if (!FORMATS[key]) {
      var options = { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hourCycle: "h23" };
      if (detail !== "day") { options.hour = "2-digit"; options.minute = "2-digit"; }
      if (detail === "second") options.second = "2-digit";
      FORMATS[key] = new Intl.DateTimeFormat("en-GB", options);
    }
    return FORMATS[key];
  }

  function terminalTime(value, zone, detail) {
    if (value === null || value === undefined || value === "") return MISSING;
    var time = new Date(value);
    if (Number.isNaN(time.getTime())) return MISSING;
    var part = {};
    timeFormat(zone || "UTC", detail || "minute").formatToParts(time).forEach(function (item) {
      part[item.type] = item.value;
    });
    var text = part.year + "-" + part.month + "-" + part.day;
    if (part.hour) text += " " + part.hour + ":" + part.minute;
    if (part.second) text += ":" + part.second;
    return text;
  }

  var functions = (root.dashAgGridFunctions = root.dashAgGridFunctions || {});
  functions.terminalNumber = terminalNumber;
  functions.terminalChange = terminalChange;
  functions.terminalSign = terminalSign;
  functions.terminalTime = terminalTime;
  if (typeof module === "object" && module.exports) module.exports = functions;
})(typeof window === "object" ? window : globalThis);
