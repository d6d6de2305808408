//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use local_lambda::{Disconnect, Limits, Sandbox, Settings, Tls};

/// This machine's AWS Lambda.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the REST API and function URLs until Ctrl-C
    Serve(Serve),
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where functions, their code, their output and the keys are kept [default: ~/.local/share/local-lambda]
    #[arg(long, value_name = "FOLDER", env = "LOCAL_LAMBDA_DATA")]
    data: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7434")]
    listen: SocketAddr,
    /// The region in ARNs and signatures
    #[arg(long, env = "AWS_REGION", default_value = "us-east-1")]
    region: String,
    /// Take unsigned requests too
    #[arg(long)]
    no_auth: bool,
    /// What happens to a call whose client goes away
    #[arg(long, value_name = "WHAT", default_value = "ignore")]
    disconnect: OnDisconnect,
    /// Stop processes between calls, as the service does
    #[arg(long)]
    freeze: bool,
    /// Run functions without the sandbox
    #[arg(long)]
    no_sandbox: bool,
    /// Answer TLS too, with a certificate made at the first start
    #[arg(long, conflicts_with = "tls_cert")]
    tls: bool,
    /// Answer TLS too, with this certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Where code in S3 is, such as http://KEY:SECRET@127.0.0.1:9000
    #[arg(long, value_name = "URL", env = "LOCAL_LAMBDA_S3_ENDPOINT", hide_env_values = true)]
    s3_endpoint: Option<String>,
    /// Print endpoint, region and keys as one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Leave out what functions print
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// What happens to a call whose client goes away.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum OnDisconnect {
    /// Nothing, as on the service: the function runs on
    Ignore,
    /// A call that still waits is dropped, a stream is closed under its function
    Propagate,
}

/// No folder was given and none is usual.
#[derive(Debug, thiserror::Error)]
#[error("could not choose a folder for the data: HOME is not set (give one with --data)")]
pub(crate) struct NoFolder;

impl Serve {
    pub(crate) fn settings(&self) -> Result<Settings, NoFolder> {
        let folder = self.data.clone().or_else(usual_folder).ok_or(NoFolder)?;
        let disconnect = match self.disconnect {
            OnDisconnect::Ignore => Disconnect::Ignore,
            OnDisconnect::Propagate => Disconnect::Propagate,
        };
        Ok(Settings {
            listen: self.listen,
            region: self.region.clone(),
            auth: !self.no_auth,
            disconnect,
            tls: self.tls(),
            s3_endpoint: self.s3_endpoint.clone(),
            ..Settings::new(folder.join("data"), folder.join("lambda.key"))
        })
    }

    pub(crate) fn limits(&self) -> Limits {
        let sandbox = if self.no_sandbox { Sandbox::Off } else { Sandbox::On };
        Limits { sandbox, freeze: self.freeze, ..Limits::default() }
    }

    fn tls(&self) -> Option<Tls> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => {
                Some(Tls::Given { certificate: certificate.clone(), key: key.clone() })
            }
            _ => self.tls.then_some(Tls::SelfMade),
        }
    }
}

/// As the XDG base directories have it.
fn usual_folder() -> Option<PathBuf> {
    let given = |name| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let base = given("XDG_DATA_HOME").or_else(|| Some(given("HOME")?.join(".local/share")))?;
    Some(base.join("local-lambda"))
}
