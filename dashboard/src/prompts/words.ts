export const WORDS = {
  title: "Prompts",
  about: "Texts with versions and labels, tried before anything is deployed.",
  failed: "Prompts could not be loaded",
  search: "Search by name, description or text",
  none: "No prompt has that.",
  empty: {
    title: "No prompts yet",
    about:
      "Take one of the library, run it at once, and refer to it from an endpoint. Or write one of your own.",
    command: "promptpilot prompts use summarize-for-a-reader\npromptpilot run summarize-for-a-reader",
  },
  library: {
    title: "Begin with one of these",
    failed: "The library could not be loaded",
    sandbox: "With the sandbox as its model: no key, no cost",
  },
  deleted: {
    link: "Deleted",
    title: "Deleted prompts",
    about: "A deleted prompt comes back with all its versions and labels, as long as its name is free.",
    none: "No prompt was deleted",
    later: "Another one of this name was deleted later; that one comes back first.",
  },
  runs: {
    failed: "Runs could not be loaded",
    none: "No run yet",
    about: "Run what you write, and it is here: to be looked at, and opened again with its values.",
    amongNewest: (calls: number) => `None of the newest ${calls} calls is a run of this prompt.`,
    further: "Look further back",
    unsaved: "unsaved text",
    newest: "newest",
    opened: "The run is open again, with its values.",
    gone: "What it ran is gone.",
    lost: "Its text is known to the browser that ran it only.",
  },
  naming: "Lower-case letters, digits and hyphens; / makes folders: support/first-reply",
  renamed: {
    about: "Versions, labels and calls stay with it, and the name that it has is free.",
    endpoints:
      "These endpoints refer to it by the name that it has. What is live keeps its text; their next deploy is refused unless they say the new one.",
    keys: "These API keys were made for it, and open it as before. Programs that say the name that it has find nothing.",
  },
  first: "Answer in one sentence:\n\n{{ question }}\n",
};
