export const WORDS = {
  title: "Endpoints",
  about: "Each is a compiled function that answers at a URL of its own.",
  failed: "Endpoints could not be loaded",
  empty: {
    title: "No endpoints yet",
    about:
      "Write a prompt and the fields around it, press Deploy, and a URL answers. The sandbox needs no key.",
    command: "promptpilot init\npromptpilot deploy",
  },
};
