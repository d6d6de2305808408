//! What is there again after a restart, and who is turned away.

use anyhow::Result;
use nix::sys::signal::Signal;
use promptpilot_tests::{Pilot, eventually, is_alive, kill};
use serde_json::json;

#[tokio::test]
async fn endpoints_answer_at_the_same_url_after_a_restart() -> Result<()> {
    let mut pilot = Pilot::start().await?;
    pilot.example("summarize")?;
    let urls = pilot.deploy(&["summarize"]).await?;
    let request = json!({ "text": "Tea is warm." });
    let before = pilot.text(&urls[0], &request).await?;
    pilot.stop().await?;
    pilot.up().await?;
    assert_eq!(pilot.text(&urls[0], &request).await?, before);
    Ok(())
}

#[tokio::test]
async fn sigterm_and_ctrl_c_leave_nothing_behind() -> Result<()> {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut pilot = Pilot::start().await?;
        let (pid, postgres) = (pilot.running()?.pid, pilot.postgres_pid()?);
        pilot.stop_with(signal).await?;
        assert!(!is_alive(pid) && !is_alive(postgres));
        assert!(!pilot.data().join("up.json").exists());
    }
    Ok(())
}

#[tokio::test]
async fn a_second_up_says_who_is_there_and_how_to_reach_it() -> Result<()> {
    let pilot = Pilot::start().await?;
    let second = pilot.cli(&["up"]).await?;
    assert_eq!(second.code, Some(1));
    let running = pilot.running()?;
    let error = second.error()?;
    assert!(error.contains(&running.api) && error.contains(&running.pid.to_string()), "{error}");
    assert!(second.hint()?.contains("promptpilot status"));
    pilot.cli(&["status"]).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn a_start_after_a_kill_clears_away_what_was_left() -> Result<()> {
    let mut pilot = Pilot::start().await?;
    pilot.example("summarize")?;
    let urls = pilot.deploy(&["summarize"]).await?;
    let leftover = pilot.postgres_pid()?;
    pilot.kill().await?;
    pilot.up().await?;
    assert!(!is_alive(leftover) || pilot.postgres_pid()? != leftover);
    let request = json!({ "text": "Tea is warm." });
    assert!(pilot.text(&urls[0], &request).await?.contains("Tea is warm."));
    Ok(())
}

#[tokio::test]
async fn postgres_is_started_again_when_it_dies() -> Result<()> {
    let pilot = Pilot::start().await?;
    pilot.example("summarize")?;
    let urls = pilot.deploy(&["summarize"]).await?;
    let first = pilot.postgres_pid()?;
    let killed = async {
        eventually("the endless statement runs", async || {
            let running = "select count(*) from pg_stat_activity where query like 'do %loop%'";
            (pilot.sql(running).await.ok()?.trim() == "1").then_some(())
        })
        .await?;
        kill(first, Signal::SIGKILL)
    };
    // A process of the server that is busy does not notice that the server was killed, and keeps its
    // memory.
    let (endless, killed) = tokio::join!(pilot.sql("do $$ begin loop end loop; end $$"), killed);
    killed?;
    assert!(endless.is_err());
    let request = json!({ "text": "Tea is warm." });
    assert!(pilot.text(&urls[0], &request).await?.contains("Tea is warm."));
    eventually("the API works again", async || pilot.cli(&["list"]).await.ok()?.ok().ok()).await?;
    assert_ne!(pilot.postgres_pid()?, first);
    assert!(pilot.log().contains("PostgreSQL is back"), "{}", pilot.log());
    Ok(())
}
