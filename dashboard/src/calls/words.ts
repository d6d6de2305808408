export const WORDS = {
  notYet: "No call has this id yet; one that was just made takes a moment.",
};
