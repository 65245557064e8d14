module.exports = {
  skipFiles: ["mocks"],
  // The optimiser stays on (the contracts need viaIR, and what is not optimised runs five times as long); the marks survive it.
  configureYulOptimizer: true,
  istanbulReporter: ["text", "html", "json"],
};
