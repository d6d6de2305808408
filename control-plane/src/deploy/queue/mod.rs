//! Postgres rows are the queue: a batch is claimed under a lease and kept by a heartbeat. A worker
//! that dies is replaced by any other once its lease has run out.

pub(crate) mod store;

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use self::store::{Claim, Pulse};
use super::{
    batch::{self, Outcome},
    job::{Halt, Work},
    release::{renew, sweep},
};
use crate::{plane::ControlPlane, state, status};

/// How often a worker looks at the queue when nothing rings.
const LOOK: Duration = Duration::from_secs(1);

/// The least time between two heartbeats.
const PAUSE: Duration = Duration::from_millis(200);

/// How often a worker says that it is there.
const SEEN: Duration = Duration::from_secs(5);

/// How often leftovers are swept.
const SWEEP: Duration = Duration::from_secs(600);

/// Works on the queue until `shutdown`, then gives back what it holds.
pub(crate) async fn run(plane: &ControlPlane, shutdown: CancellationToken) {
    let worker = worker_id();
    tracing::info!(worker, "working on the queue");
    if plane.settings().worker.alone
        && let Err(error) = store::release_leases(plane.database().system()).await
    {
        tracing::warn!(%error, "could not take up what was left: its leases will run out");
    }
    let beside = tokio::spawn(tell(plane.clone(), worker.clone(), shutdown.clone()));
    let copying = tokio::spawn(copy_keys(plane.clone(), shutdown.clone()));
    let wake = &plane.bells().work;
    let mut running = JoinSet::new();
    let most = plane.settings().worker.concurrency.max(1);
    while !shutdown.is_cancelled() {
        // Registered before looking, so that nothing queued in between is slept through.
        let rung = wake.notified();
        while running.len() < most {
            match claim(plane, &worker).await {
                Some(claim) => {
                    running.spawn(work(plane.clone(), claim, worker.clone(), shutdown.clone()));
                }
                None => break,
            }
        }
        tokio::select! {
            () = rung => {}
            () = tokio::time::sleep(LOOK) => {}
            Some(_) = running.join_next() => {}
            () = shutdown.cancelled() => {}
        }
    }
    while running.join_next().await.is_some() {}
    beside.await.ok();
    copying.await.ok();
    if let Err(error) = status::store::worker_gone(plane.database().system(), &worker).await {
        tracing::debug!(%error, "could not sign the worker off");
    }
    tracing::info!(worker, "stopped working on the queue");
}

/// A name that tells people which process it was: host, process id, and a few random characters,
/// since process ids come again.
fn worker_id() -> String {
    let host = nix::unistd::gethostname().ok().and_then(|host| host.into_string().ok());
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("{}-{}-{}", host.as_deref().unwrap_or("worker"), std::process::id(), &random[..6])
}

async fn claim(plane: &ControlPlane, worker: &str) -> Option<Claim> {
    let lease = plane.settings().worker.lease.as_secs_f64();
    match store::claim(plane.database().system(), worker, lease).await {
        Ok(claim) => claim,
        Err(error) => {
            tracing::warn!(%error, "could not look at the queue");
            None
        }
    }
}

/// Works on one batch, with a heartbeat beside it.
async fn work(plane: ControlPlane, claim: Claim, worker: String, shutdown: CancellationToken) {
    let work = Arc::new(Work::new(plane, claim, worker));
    let outcome = {
        let stopping = async {
            shutdown.cancelled().await;
            work.ask_to_halt(Halt::Shutdown);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            outcome = batch::run(&work) => outcome,
            () = heartbeat(&work) => Outcome::LetGo,
            () = stopping => Outcome::LetGo,
        }
    };
    tracing::debug!(batch = %work.claim.batch, ?outcome, "done with a batch");
    match outcome {
        Outcome::Live(functions) => {
            work.plane.bells().ring();
            renew::after(&work.plane, work.claim.organization).await;
            for function in functions {
                sweep::versions(&work.plane, &function).await;
            }
        }
        Outcome::GivenBack => {
            let system = work.plane.database().system();
            if let Err(error) = store::release_lease(system, &work.claim, &work.worker).await {
                tracing::debug!(%error, "could not give a batch back: its lease will run out");
            }
        }
        Outcome::NotLive => renew::after(&work.plane, work.claim.organization).await,
        Outcome::LetGo => {}
    }
}

/// Prolongs the lease until the work is done; tells the work when there is a reason to halt.
/// Never ends by itself: the work sees the reason and ends.
async fn heartbeat(work: &Work) {
    let lease = work.plane.settings().worker.lease;
    let wake = &work.plane.bells().work;
    let every = (lease / 3).min(Duration::from_secs(2));
    let mut missed = Duration::ZERO;
    loop {
        // What rings may be somebody who wants this to stop, or one of our own log lines.
        tokio::time::sleep(PAUSE).await;
        let rung = wake.notified();
        tokio::time::timeout(every, rung).await.ok();
        let beat = store::heartbeat(
            work.plane.database().system(),
            &work.claim,
            &work.worker,
            lease.as_secs_f64(),
        );
        match beat.await {
            Ok(Pulse::Held) => missed = Duration::ZERO,
            Ok(Pulse::Cancelled) => work.ask_to_halt(Halt::Cancelled),
            Ok(Pulse::Lost) => work.ask_to_halt(Halt::Lost),
            Err(error) => {
                missed += every;
                tracing::debug!(%error, "a heartbeat did not get through");
                if missed >= lease {
                    work.ask_to_halt(Halt::Lost);
                }
            }
        }
    }
}

/// Sees to it that functions find all keys where they look them up.
async fn copy_keys(plane: ControlPlane, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let copying = async {
        loop {
            ticks.tick().await;
            state::mirror::reconcile(&plane, plane.database().system()).await;
        }
    };
    shutdown.run_until_cancelled(copying).await;
}

/// Says that the worker is there, and sweeps now and then.
async fn tell(plane: ControlPlane, worker: String, shutdown: CancellationToken) {
    let mut seen = tokio::time::interval(SEEN);
    let mut sweeping = tokio::time::interval_at(tokio::time::Instant::now() + SWEEP, SWEEP);
    seen.set_missed_tick_behavior(MissedTickBehavior::Delay);
    sweeping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = seen.tick() => {
                let warm = plane.builder().is_warm();
                let told = status::store::worker_seen(plane.database().system(), &worker, warm).await;
                if let Err(error) = told {
                    tracing::debug!(%error, "could not say that the worker is there");
                }
            }
            _ = sweeping.tick() => {
                sweep::orphans(&plane).await;
                if let Err(error) = state::forget(plane.database().system()).await {
                    tracing::warn!(%error, "could not sweep what calls left in the state store");
                }
                plane.sweep_events().await;
                plane.keep_calls().await;
                plane.give_up_calls().await;
                plane.reconcile_budgets().await;
            }
            () = shutdown.cancelled() => return,
        }
    }
}
