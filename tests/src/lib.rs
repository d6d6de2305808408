//! What end-to-end tests share: the real binary, started in a directory and on ports of its own.
//!
//! Tests go through public doors only: the command line, the HTTP API, deployed URLs, and the
//! programs other people wrote (`curl`, the AWS CLI).

mod apart;
mod pilot;
mod poll;
mod process;
mod proxy;

pub use apart::Apart;
pub use pilot::{Pilot, Running, build_folder};
pub use poll::{eventually, eventually_within};
pub use process::{Run, binary, is_alive, kill, program};
pub use proxy::{Asked, Fault, Proxy};
