/* The session, seen from the page. Pages poll, so each request says whether the person is there
   (the server's idle limit counts people, not polls); when the session is over, go and sign in. */
(function () {
  "use strict";
  var AWAY_AFTER_MS = 60000;
  var lastInput = Date.now();
  var leaving = false;
  var send = window.fetch;

  ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"].forEach(function (kind) {
    window.addEventListener(kind, function () { lastInput = Date.now(); },
      { capture: true, passive: true });
  });

  function isOurs(address) {
    return new URL(address, window.location.href).origin === window.location.origin;
  }

  function signIn() {
    if (leaving) return;
    leaving = true;
    var here = window.location.pathname + window.location.search;
    window.location.assign("/login?notice=expired&next=" + encodeURIComponent(here));
  }

  window.fetch = function (resource, options) {
    var address = typeof resource === "string" ? resource : resource.url || String(resource);
    if (!isOurs(address)) return send.call(window, resource, options);
    var settings = Object.assign({}, options);
    settings.headers = new Headers(settings.headers || resource.headers);
    settings.headers.set("X-User-Active", Date.now() - lastInput < AWAY_AFTER_MS ? "1" : "0");
    return send.call(window, resource, settings).then(function (response) {
      if (response.status === 401) signIn();
      return response;
    });
  };
})();
