export const WORDS = {
  title: "Overview",
  failed: "The overview could not be loaded",
  steps: {
    design: {
      title: "Design your first endpoint",
      about:
        "Write a prompt and the fields around it. What comes out is a function of its own, at its own URL.",
      action: "New endpoint",
    },
    deploy: {
      title: "Nothing is live yet",
      about: "Deploy it, and it answers at its own URL.",
      action: "Design",
    },
    mend: {
      title: "The last deployment failed",
      about: "What was live before still serves. Its log says what to mend.",
      action: "See what failed",
    },
    call: {
      title: "Call your endpoint",
      about: "It is live and nobody has called it. Try it here, or copy a call for your program.",
      action: "Try it",
    },
    key: {
      title: "Let callers in by key",
      about: "Endpoints ask for a key unless they are public. Make one for each program that calls.",
      action: "Make a key",
    },
  },
};
