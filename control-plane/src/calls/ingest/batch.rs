//! A number of lines, sorted: calls that have ended, calls that have begun, and what the platform
//! says of calls.

use std::collections::{BTreeSet, HashMap, HashSet};

use promptpilot_spec::record::{CallRecord, StartRecord};
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::{
    read::Report,
    row::{is_of_our_time, row, unfinished},
    store::{self, Begun},
};
use crate::{calls::store::Origin, credentials::store as credentials};

/// A call by its deployment and the platform's id of its request.
type Request = (Uuid, String);

#[derive(Default)]
pub(super) struct Batch {
    /// Rows to insert, each with the place of the line that it comes from.
    pub(super) rows: Vec<(usize, Value)>,
    /// Calls whose end is not among the lines.
    open: Vec<Begun>,
    /// Ended calls, of which nothing more need be known.
    ended: HashSet<Uuid>,
    of_ended: HashSet<Request>,
    /// Reports of calls that began before.
    reports: HashMap<Request, (usize, Report)>,
}

impl Batch {
    pub(super) fn call(
        &mut self,
        index: usize,
        record: &CallRecord,
        origin: &Origin,
    ) -> Result<(), &'static str> {
        self.rows.push((index, row(record, origin)?));
        self.ended.insert(record.call_id);
        self.of_ended
            .extend(record.platform_request_id.clone().map(|request| (origin.deployment, request)));
        self.open.retain(|begun| begun.call != record.call_id);
        Ok(())
    }

    pub(super) fn start(&mut self, start: StartRecord, origin: &Origin) {
        if self.ended.contains(&start.call_id) || !is_of_our_time(start.call_id, start.time) {
            return;
        }
        let source = serde_json::to_value(start.source).ok();
        self.open.push(Begun {
            origin: origin.clone(),
            call: start.call_id,
            request: start.platform_request_id,
            time: start.time,
            source: source.and_then(|word| Some(word.as_str()?.to_owned())).unwrap_or_default(),
        });
    }

    pub(super) fn report(&mut self, index: usize, report: Report, origin: &Origin) {
        let request = (origin.deployment, report.request_id.clone());
        if self.of_ended.contains(&request) {
            return;
        }
        let is_its = |begun: &Begun| {
            begun.origin.deployment == request.0 && begun.request.as_ref() == Some(&request.1)
        };
        match self.open.iter().position(is_its) {
            Some(place) => {
                let begun = self.open.remove(place);
                self.end(index, &begun, &report);
            }
            None => _ = self.reports.insert(request, (index, report)),
        }
    }

    /// Ends calls that began in an earlier batch and that the platform tells of in this one.
    pub(super) async fn end_earlier(&mut self, system: &PgPool) -> sqlx::Result<()> {
        if self.reports.is_empty() {
            return Ok(());
        }
        let (deployments, requests): (Vec<Uuid>, Vec<String>) =
            self.reports.keys().cloned().unzip();
        for begun in store::begun(system, &deployments, &requests).await? {
            let request = (begun.origin.deployment, begun.request.clone().unwrap_or_default());
            if let Some((index, report)) = self.reports.remove(&request)
                && !self.ended.contains(&begun.call)
            {
                self.end(index, &begun, &report);
            }
        }
        Ok(())
    }

    /// Remembers what has begun and forgets what has ended. After the rows are saved: if this is not
    /// reached, the same lines come again.
    pub(super) async fn remember(&self, system: &PgPool) -> sqlx::Result<()> {
        let id = |row: &Value, name: &str| row[name].as_str()?.parse::<Uuid>().ok();
        let ended = self
            .rows
            .iter()
            .filter_map(|(_, row)| Some((id(row, "organization_id")?, id(row, "call_id")?)));
        let (organizations, calls): (Vec<Uuid>, Vec<Uuid>) = ended.unzip();
        if !calls.is_empty() {
            store::forget(system, &organizations, &calls).await?;
        }
        let sent: BTreeSet<(Uuid, Uuid, &str)> = self
            .rows
            .iter()
            .filter_map(|(_, row)| {
                let provider = row["provider"].as_str().filter(|name| *name != "sandbox")?;
                Some((id(row, "organization_id")?, id(row, "deployment_id")?, provider))
            })
            .collect();
        if !sent.is_empty() {
            let (mut whose, mut deployments, mut providers) = (vec![], vec![], vec![]);
            for (organization, deployment, provider) in sent {
                whose.push(organization);
                deployments.push(deployment);
                providers.push(provider.to_owned());
            }
            credentials::used(system, &whose, &deployments, &providers).await?;
        }
        if !self.open.is_empty() {
            store::begin(system, &self.open.iter().collect::<Vec<_>>()).await?;
        }
        Ok(())
    }

    fn end(&mut self, index: usize, begun: &Begun, report: &Report) {
        let record = unfinished(begun, &report.end, report.duration_us);
        // What was checked when the call began is in order still.
        if let Ok(row) = row(&record, &begun.origin) {
            self.ended.insert(begun.call);
            self.rows.push((index, row));
        }
    }
}
