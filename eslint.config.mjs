import eslint from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores(["artifacts", "cache", "coverage", "deployments", "typechain-types"]),
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      eqeqeq: "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      // Chai's property assertions (`expect(x).to.be.true`) are expressions.
      "@typescript-eslint/no-unused-expressions": "off",
      "no-restricted-syntax": [
        "error",
        { selector: "MemberExpression[property.name='only']", message: "Run everything: remove .only" },
        {
          // all are sent at once, and one that fails before its turn is a rejection that nobody handles
          selector:
            "ForOfStatement:has(ArrayExpression > CallExpression) CallExpression[callee.name='expect'] > Identifier[name=/^(call|tx)$/]",
          message: "List functions and call each in its turn: expect(call())",
        },
      ],
    },
  },
  { files: [".solcover.js"], languageOptions: { globals: { module: "writable", require: "readonly" } } },
);
