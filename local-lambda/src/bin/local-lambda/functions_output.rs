//! What functions print, on the terminal.

use std::io;

use local_lambda::{Line, Output};

/// Prints every line once, also those of a time when nobody looked.
pub(crate) async fn follow(output: Output) {
    if let Err(error) = print(&output).await {
        eprintln!("error: could not follow what functions print: {error}");
    }
}

async fn print(output: &Output) -> io::Result<()> {
    let mut lines = output.subscribe("terminal")?;
    loop {
        for Line { function, text, .. } in lines.next().await? {
            eprintln!("{function}: {text}");
        }
        lines.commit()?;
    }
}
