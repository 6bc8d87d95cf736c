// What the browser's code is held to beside its types.

import js from "@eslint/js";

export default [
  js.configs.recommended,
  {
    files: ["cnnviz/components/**/*.js"],
    rules: {
      "no-undef": "off", // the types know what there is
      "no-shadow": ["error", { allow: ["name"] }],
      "no-var": "error",
      "prefer-const": ["error", { destructuring: "all" }],
      eqeqeq: "error",
      "max-len": ["error", { code: 120 }],
      "max-lines": ["error", 350],
    },
  },
];
