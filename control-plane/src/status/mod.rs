//! The system's state.

pub mod model;
