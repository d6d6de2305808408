export const WORDS = {
  about: "Each column is a text and a model. All run at once, with the same values.",
  run: "Run all",
  stop: "Stop all",
  add: "Add a variant",
  full: "A run takes four variants at most.",
  nothing: "What this one writes comes here.",
  price: "No price is known for this model.",
  stopOne: "Stop this one. The others go on.",
  differ: "Difference",
  difference: {
    title: "Difference of two answers",
    from: "From the answer of",
    to: "To the answer of",
    few: "Once two columns have their answers, what differs is here.",
    same: (from: string, to: string) => `${from} and ${to} say the same.`,
    counts: (from: string, to: string, removed: string, added: string) =>
      `${removed} of ${from} gone, ${added} of ${to} new.`,
    what: (from: string, to: string) => `From the answer of ${from} to that of ${to}`,
  },
  best: "best",
  missing: "There is no such version any more.",
  figures: { first: "First token", total: "Total", tokens: "Tokens", cost: "Cost" },
};
