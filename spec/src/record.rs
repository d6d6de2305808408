//! The call record: one line of JSON per call.
