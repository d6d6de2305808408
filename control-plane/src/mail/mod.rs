//! Mail to people. It is sent behind the answer to a request: how long a server takes, or whether there
//! is anybody to send to, is not told by how long the answer takes.

mod letter;
mod server;

use std::{future::Future, sync::Arc, time::Duration};

use tokio::sync::Semaphore;

pub(crate) use self::letter::Letter;
pub use self::server::{MailServer, MailServerError};
use crate::http::{Problem, problem::chain};

/// Where mail goes.
#[derive(Debug, Clone, Default)]
pub enum Mail {
    /// Nowhere: what needs mail is refused.
    #[default]
    Nowhere,
    /// To the log, links included: for one machine, whose owner alone reads it.
    Log,
    /// To a mail server.
    Server(MailServer),
}

/// Letters under way at most; further ones are dropped, and asked for again.
const UNDER_WAY: usize = 256;

/// How long to wait before a letter is tried again that the server did not take just now.
const AGAIN: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(60)];

/// Sends letters. What is under way is lost with the process: its addressee asks again.
#[derive(Debug)]
pub(crate) struct Mailer {
    mail: Mail,
    places: Arc<Semaphore>,
}

impl Mailer {
    pub(crate) fn new(mail: Mail) -> Self {
        Self { mail, places: Arc::new(Semaphore::new(UNDER_WAY)) }
    }

    /// Whether letters reach the people themselves.
    pub(crate) const fn reaches_people(&self) -> bool {
        matches!(self.mail, Mail::Server(_))
    }

    /// Refuses what takes a letter, where none are sent.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        if matches!(self.mail, Mail::Nowhere) {
            let detail = "this server sends no mail";
            return Err(Problem::conflict("mail-missing", detail)
                .hint("ask who runs it; mail is set up with `--smtp-url`"));
        }
        Ok(())
    }

    /// Sends a letter, in a while.
    pub(crate) fn send(&self, letter: Letter) {
        self.send_made(async { Ok(Some(letter)) });
    }

    /// Makes a letter and sends it, in a while; it may turn out that there is none to send.
    pub(crate) fn send_made(
        &self,
        making: impl Future<Output = Result<Option<Letter>, sqlx::Error>> + Send + 'static,
    ) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            tracing::warn!("a letter was dropped: too many are under way");
            return;
        };
        let mail = self.mail.clone();
        tokio::spawn(async move {
            let _place = place;
            match making.await {
                Ok(Some(letter)) => deliver(&mail, &letter).await,
                Ok(None) => {}
                Err(error) => tracing::error!(error = chain(&error), "a letter was not made"),
            }
        });
    }
}

async fn deliver(mail: &Mail, letter: &Letter) {
    match mail {
        Mail::Nowhere => {}
        Mail::Log => tracing::info!("mail to {}: {}\n\n{}", letter.to, letter.subject, letter.text),
        Mail::Server(server) => post(server, letter).await,
    }
}

/// Hands a letter to the server. What it says against a letter is told once, without the text.
async fn post(server: &MailServer, letter: &Letter) {
    let mut waits = AGAIN.into_iter();
    while let Err(error) = server.send(letter).await {
        let subject = &letter.subject;
        match waits.next().filter(|_| error.is_passing()) {
            Some(wait) => {
                tracing::debug!(error = chain(&error), subject, "a letter is tried again");
                tokio::time::sleep(wait).await;
            }
            None => {
                tracing::warn!(error = chain(&error), subject, "a letter was not sent");
                return;
            }
        }
    }
}
