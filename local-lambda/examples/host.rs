//! A host on the directory given as argument, until it is killed. Prints its address, and then every
//! line that functions print, once it is committed.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::error::Error;
use std::path::PathBuf;

use local_lambda::{Host, Settings};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = PathBuf::from(std::env::args().nth(1).ok_or("give a directory")?);
    let settings = Settings {
        region: "eu-central-1".to_owned(),
        ..Settings::new(dir.join("data"), dir.join("lambda.key"))
    };
    let host = Host::start(settings).await?;
    println!("{}", host.address());
    let mut lines = host.output().subscribe("printer")?;
    loop {
        for line in lines.next().await? {
            println!("{}", line.text);
        }
        lines.commit()?;
    }
}
