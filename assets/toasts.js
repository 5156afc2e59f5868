/* Shows the messages of the store `toasts`; also for scripts: terminal.toast(message, kind). */
(function () {
  "use strict";
  var terminal = (window.terminal = window.terminal || {});
  var LIFE_MS = { info: 5000, success: 4000, warning: 9000, error: 0 };
  var ICON = { info: "info", success: "check", warning: "warning", error: "error" };
  var MOST = 5;
  var seen = {};

  function element(tag, className, text) {
    var node = document.createElement(tag);
    node.className = className;
    if (text) node.textContent = text;
    return node;
  }

  function show(item) {
    var stack = document.getElementById("toast-stack");
    if (!stack) return;
    var kind = ICON[item.kind] ? item.kind : "info";
    var box = element("div", "toast toast-" + kind);
    if (kind === "error") box.setAttribute("role", "alert");
    box.appendChild(element("span", "icon icon-" + ICON[kind]));
    var text = element("div", "toast-text");
    text.appendChild(element("div", "toast-message", item.message));
    if (item.remedy) text.appendChild(element("div", "toast-remedy", item.remedy));
    box.appendChild(text);
    var close = element("button", "icon-button");
    close.type = "button";
    close.setAttribute("aria-label", "Close message");
    close.appendChild(element("span", "icon icon-close"));
    close.addEventListener("click", function () { box.remove(); });
    box.appendChild(close);
    stack.appendChild(box);
    while (stack.children.length > MOST) stack.firstChild.remove();
    if (LIFE_MS[kind]) expire(box, LIFE_MS[kind]);
  }

  /* Stays while the pointer or the focus is on it. */
  function expire(box, life) {
    window.setTimeout(function () {
      if (box.matches(":hover") || box.contains(document.activeElement)) expire(box, 1500);
      else box.remove();
    }, life);
  }

  terminal.toast = function (message, kind, remedy) {
    show({ message: message, kind: kind, remedy: remedy });
  };

  var clientside = (window.dash_clientside = window.dash_clientside || {});
  clientside.terminalToasts = {
    show: function (data) {
      ((data && data.items) || []).forEach(function (item) {
        if (seen[item.id]) return;
        seen[item.id] = true;
        show(item);
      });
      return "";
    },
  };
})();
