//! Readers that others wrote follow the stream while their connections are cut and the server ends and
//! starts again: npm `eventsource`, and `httpx-sse`.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines, copy_bidirectional},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdout, Command},
    sync::broadcast,
    time::timeout,
};

use crate::{
    events::listed,
    events::pilot,
    events::save,
    support::{Failure, Outcome, pilot::TOKEN, replica::Replica},
};

/// So many changes are made, in portions between which something goes wrong.
const PORTIONS: usize = 6;
const PORTION: usize = 15;

const PATIENCE: Duration = Duration::from_secs(60);

/// The folder with the readers.
fn readers() -> Result<PathBuf, Failure> {
    let hint = "PROMPTPILOT_READERS must name a folder with readers: run `make test`, or \
                `scripts/need readers` and set it to target/readers";
    Ok(std::env::var_os("PROMPTPILOT_READERS").map(PathBuf::from).ok_or(hint)?)
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/events").join(name)
}

/// Between a reader and the server: cuts all connections when it is told to.
struct Cutter {
    address: SocketAddr,
    cut: broadcast::Sender<()>,
}

impl Cutter {
    async fn before(server: SocketAddr) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (cut, _) = broadcast::channel(1);
        let cuts = cut.clone();
        tokio::spawn(async move {
            while let Ok((mut reader, _)) = listener.accept().await {
                let mut cut = cuts.subscribe();
                tokio::spawn(async move {
                    let Ok(mut there) = TcpStream::connect(server).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut reader, &mut there) => {}
                        _ = cut.recv() => {}
                    }
                });
            }
        });
        Ok(Self { address, cut })
    }

    fn cut(&self) {
        self.cut.send(()).ok();
    }
}

/// A reader in a process of its own.
struct Reader {
    _child: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Reader {
    fn start(mut program: Command, cutter: &Cutter) -> Result<Self, Failure> {
        let url = format!("http://{}/api/events", cutter.address);
        let mut child = program
            .args([&url, TOKEN, &(PORTIONS * PORTION).to_string()])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let said = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        Ok(Self { _child: child, said })
    }

    async fn next(&mut self) -> Result<Option<Value>, Failure> {
        let line = timeout(PATIENCE, self.said.next_line()).await??;
        Ok(line.map(|line| serde_json::from_str(&line)).transpose()?)
    }

    /// Reads until the stream is ready again.
    async fn ready(&mut self, heard: &mut Vec<Value>) -> Result<u64, Failure> {
        while let Some(said) = self.next().await? {
            if let Some(times) = said["ready"].as_u64() {
                return Ok(times);
            }
            heard.push(said);
        }
        Err("the reader ended".into())
    }
}

async fn follows(program: Command) -> Outcome {
    let pilot = pilot().await?;
    let mut server = Some(Replica::start(&pilot.settings).await?);
    let address = server.as_ref().unwrap().address;
    let cutter = Cutter::before(address).await?;
    let mut reader = Reader::start(program, &cutter)?;
    let mut heard = Vec::new();
    let mut times = reader.ready(&mut heard).await?;
    for portion in 0..PORTIONS {
        // What goes wrong does so while others write.
        let writing = async {
            for number in 0..PORTION {
                save(&pilot, &format!("p{portion}-{number}")).await?;
            }
            Ok::<_, Failure>(())
        };
        let breaking = async {
            if portion.is_multiple_of(2) {
                cutter.cut();
            } else {
                server.take().map(Replica::kill);
                server = Some(Replica::start_at(&pilot.settings, address).await?);
            }
            Ok::<_, Failure>(())
        };
        tokio::try_join!(writing, breaking)?;
        if portion + 1 < PORTIONS {
            let before = times;
            while times == before {
                times = reader.ready(&mut heard).await?;
            }
        }
    }
    while let Some(said) = reader.next().await? {
        heard.push(said);
    }
    heard.retain(|said| said["ready"].is_null());
    let kept = listed(&pilot).await?;
    let kept = kept.iter().filter(|change| change["type"] == "prompt.saved");
    let wanted: Vec<_> = kept.map(|change| (&change["position"], &change["name"])).collect();
    let told: Vec<_> = heard.iter().map(|said| (&said["position"], &said["name"])).collect();
    assert_eq!(told, wanted);
    assert!(heard.iter().all(|said| said["id"] == said["position"]));
    assert_eq!(told.len(), PORTIONS * PORTION);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn eventsource_hears_every_change_once_and_in_order() -> Outcome {
    let mut node = Command::new("node");
    node.arg(script("follow.mjs"));
    readers()?;
    follows(node).await
}

#[tokio::test(flavor = "multi_thread")]
async fn httpx_sse_hears_every_change_once_and_in_order() -> Outcome {
    let mut python = Command::new(readers()?.join("bin/python"));
    python.arg(script("follow.py"));
    follows(python).await
}
