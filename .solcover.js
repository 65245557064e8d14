module.exports = {
  skipFiles: ["mocks"],
  // Keeps viaIR (the contracts need it) with the fewest optimiser steps, so that source lines survive.
  irMinimum: true,
  istanbulReporter: ["text", "html", "json-summary"],
};
