//! What is told once the host is up: where it is and how to talk to it.

use std::io::Write;
use std::path::PathBuf;

use local_lambda::{Host, Settings, Tls};

/// What to tell of the settings.
#[derive(Debug)]
pub(crate) struct Greeting {
    region: String,
    /// A certificate that clients do not know yet.
    certificate: Option<PathBuf>,
}

impl Greeting {
    pub(crate) fn new(settings: &Settings) -> Self {
        let own = settings.tls == Some(Tls::SelfMade);
        Self {
            region: settings.region.clone(),
            certificate: own.then(|| settings.certificate_file()),
        }
    }

    pub(crate) fn say(&self, host: &Host, json: bool) {
        if json {
            tell(&self.json(host).to_string());
            return;
        }
        eprintln!("Lambda is at {} (region {}).\n", host.endpoint(), self.region);
        tell(&self.exports(host));
        eprintln!("\nWith these in another terminal's environment, AWS's tools come here:");
        eprintln!("    aws lambda list-functions\n");
        eprintln!("Ctrl-C ends it.");
    }

    fn exports(&self, host: &Host) -> String {
        let credentials = host.credentials();
        let mut exports = vec![
            format!("export AWS_ENDPOINT_URL_LAMBDA={}", host.endpoint()),
            // Some tools read the one, some the other.
            format!("export AWS_REGION={0} AWS_DEFAULT_REGION={0}", self.region),
            format!("export AWS_ACCESS_KEY_ID={}", credentials.access_key_id()),
            format!("export AWS_SECRET_ACCESS_KEY={}", credentials.secret_access_key()),
        ];
        if let Some(certificate) = &self.certificate {
            exports.push(format!("export AWS_CA_BUNDLE={}", certificate.display()));
        }
        exports.join("\n")
    }

    fn json(&self, host: &Host) -> serde_json::Value {
        let credentials = host.credentials();
        serde_json::json!({
            "endpoint": host.endpoint(),
            "region": self.region,
            "accessKeyId": credentials.access_key_id(),
            "secretAccessKey": credentials.secret_access_key(),
            "certificate": self.certificate,
        })
    }
}

/// Prints for whoever reads: a reader that takes the first line and goes ends nothing.
fn tell(text: &str) {
    let _ = std::io::stdout().write_all(format!("{text}\n").as_bytes());
}
