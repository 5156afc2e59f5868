/* Sweep pages: what depends on the chosen row alone. */
(function () {
  var clientside = (window.dash_clientside = window.dash_clientside || {});

  clientside.terminalSweep = {
    /* Disabled state of "Run the chosen one". */
    chosen: function (rows) {
      return (rows || []).length !== 1;
    },
  };
})();
