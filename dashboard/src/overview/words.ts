export const WORDS = {
  way: {
    model: "Choose who answers",
    prompt: "Write a prompt",
    endpoint: "Make an endpoint",
    deploy: "Deploy it",
    call: "Call it",
  },
  others: {
    model: "Store a provider's key",
    prompt: "Design without a prompt",
    endpoint: "Go on with prompts",
  },
  title: "Overview",
  failed: "The overview could not be loaded",
  steps: {
    model: {
      title: "Begin with a prompt, on the sandbox",
      about:
        "The sandbox answers without a key, network or cost, so you can go all the way to a URL that answers. A provider's key can come later.",
      action: "Use the sandbox",
    },
    prompt: {
      title: "Write your first prompt",
      about: "Take one of the library, or write your own; run it before anything is deployed.",
      action: "Choose a prompt",
    },
    endpoint: {
      title: "Make an endpoint of your prompt",
      about: "It refers to the prompt, and what comes out is a function of its own, at its own URL.",
      action: "Make an endpoint",
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
