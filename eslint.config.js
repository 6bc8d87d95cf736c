// What the browser's code is held to beside its types.

import js from "@eslint/js";

export default [
  { ignores: [".venv*/**", "data/**"] },
  js.configs.recommended,
  {
    rules: {
      "no-undef": "off", // the types know what there is
      "no-shadow": ["error", { allow: ["_"] }],
      "no-var": "error",
      "one-var": ["error", "never"],
      "prefer-const": ["error", { destructuring: "all" }],
      eqeqeq: "error",
      "max-len": ["error", { code: 120 }],
      "max-lines": ["error", 350],
    },
  },
];
