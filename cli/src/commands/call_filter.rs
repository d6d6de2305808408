//! Which calls are meant, on the command line.

use clap::Args;
use promptpilot_spec::units;

use super::endpoint;
use crate::api::Client;
use crate::error::Failure;
use crate::since::Since;

/// Which calls.
#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// Only this endpoint
    name: Option<String>,
    /// Only this status, such as 504, or this class, such as 5xx
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// Only those that went wrong in this way, such as timeout
    #[arg(long, value_name = "TYPE")]
    error_type: Option<String>,
    /// Only calls that began since then: 30m, 1h, 2d, or a time such as 2026-11-25T08:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<Since>,
    /// Only calls that began before then
    #[arg(long, value_name = "TIME")]
    until: Option<Since>,
    /// Only those with these words in request, answer or error
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// Only those that asked this model
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Only those that this provider answered
    #[arg(long, value_name = "PROVIDER")]
    provider: Option<String>,
    /// Only those with this API key, by id or name
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Only those of this user of the caller's
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Only those made for this reason
    #[arg(long, value_parser = ["call", "verify", "try", "studio", "prompt"])]
    source: Option<String>,
    /// Only those that remembered answers had this to do with
    #[arg(long, value_parser = ["off", "hit", "stale", "miss", "bypass"])]
    cache: Option<String>,
    /// Only those that cost so much or more, in USD
    #[arg(long, value_name = "USD")]
    min_cost: Option<f64>,
    /// Only those that cost so much or less, in USD
    #[arg(long, value_name = "USD")]
    max_cost: Option<f64>,
    /// Only those that took so long or longer: 500ms, 5s
    #[arg(long, value_name = "TIME")]
    min_latency: Option<units::Duration>,
    /// Only those that took so long or less
    #[arg(long, value_name = "TIME")]
    max_latency: Option<units::Duration>,
}

impl Filter {
    /// As the API takes it. The environment is that of all commands, where one was named.
    pub(crate) async fn query(
        &self,
        client: &Client,
        environment: Option<String>,
    ) -> Result<Vec<(&'static str, String)>, Failure> {
        let mut query = Vec::new();
        if let Some(name) = &self.name {
            query.push(("endpoint", endpoint(client, name).await?.name));
        }
        let ms = |span: units::Duration| span.as_millis().to_string();
        let given = [
            ("environment", environment),
            ("status", self.status.clone()),
            ("error_type", self.error_type.clone()),
            ("since", self.since.map(Since::query)),
            ("until", self.until.map(Since::query)),
            ("text", self.text.clone()),
            ("model", self.model.clone()),
            ("provider", self.provider.clone()),
            ("key", self.key.clone()),
            ("user", self.user.clone()),
            ("source", self.source.clone()),
            ("cache", self.cache.clone()),
            ("min_cost_usd", self.min_cost.map(|usd| usd.to_string())),
            ("max_cost_usd", self.max_cost.map(|usd| usd.to_string())),
            ("min_latency_ms", self.min_latency.map(ms)),
            ("max_latency_ms", self.max_latency.map(ms)),
        ];
        query.extend(given.into_iter().filter_map(|(name, value)| Some((name, value?))));
        Ok(query)
    }
}
