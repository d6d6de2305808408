//! The template environment: one crate and one set of settings, in Prompt Studio and in functions.
