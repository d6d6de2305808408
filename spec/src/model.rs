//! What models can do and what they cost, with the date and source of each fact.
