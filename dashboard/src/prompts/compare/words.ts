export const WORDS = {
  about: "Each column is a text and a model. All run at once, with the same values.",
  run: "Run all",
  stop: "Stop all",
  add: "Add a variant",
  full: "A run takes four variants at most.",
  nothing: "What this one writes comes here.",
  price: "No price is known for this model.",
  stopOne: "Its text stops here. The provider is told once no other column of this run goes on.",
  best: "best",
  missing: "There is no such version any more.",
  figures: { first: "First token", total: "Total", tokens: "Tokens", cost: "Cost" },
};
