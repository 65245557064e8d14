const Collector = require("solidity-coverage/lib/collector");

// A mark is 8 bytes, on the stack as they are or at the left of a word. The plugin finds a word whose mark begins with a zero, but not
// one whose mark begins with two: one mark in 256, others in every folder, as the marks are hashes of paths.
Collector.prototype._normalizeHash = (word) => {
  const digits = word.slice(2);
  return `0x${digits.padStart(digits.length > 16 ? 64 : 16, "0").slice(0, 16)}`;
};

module.exports = {
  skipFiles: ["mocks"],
  // The optimiser stays on (the contracts need viaIR, and what is not optimised runs five times as long); the marks survive it.
  configureYulOptimizer: true,
  istanbulReporter: ["text", "html", "json"],
};
