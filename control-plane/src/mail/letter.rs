//! What letters say. Plain text: nothing in them is loaded, and no name of somebody's is read as
//! anything but text.

/// A letter to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    /// The address.
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) text: String,
}

impl Letter {
    fn new(to: &str, subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self { to: to.to_owned(), subject: subject.into(), text: text.into() }
    }

    /// The link to choose a new password by.
    pub(crate) fn reset(to: &str, link: &str) -> Self {
        let text = format!(
            "Somebody asked for a new password for the account of {to}.\n\n\
             If it was you, choose it here within an hour:\n\n\
             {link}\n\n\
             If it was not, there is nothing to do: the password stays as it is.\n"
        );
        Self::new(to, "Choose a new password", text)
    }

    /// That the password is another since now.
    pub(crate) fn password_changed(to: &str, site: &str) -> Self {
        let text = format!(
            "The password of the account of {to} was changed just now, and all sessions that it had \
             have ended.\n\n\
             If it was not you, ask for a new password at {site} and have the account's access \
             tokens revoked there.\n"
        );
        Self::new(to, "Your password was changed", text)
    }

    /// That whoever runs the server has turned the second step off just now.
    pub(crate) fn second_step_off(to: &str, site: &str) -> Self {
        let text = format!(
            "Whoever runs {site} turned off the second step of the account of {to} just now, and all \
             sessions that it had have ended. From now on the account opens by its password alone.\n\n\
             If you asked for it, sign in and set up an authenticator again. If you did not, choose \
             another password at once, and ask them why.\n"
        );
        Self::new(to, "Your second step was turned off", text)
    }

    /// The link that shows that an address is its account's.
    pub(crate) fn verify(to: &str, link: &str) -> Self {
        let text = format!(
            "Somebody signed up with the address {to}.\n\n\
             If it was you, confirm it here within a day, and sign in:\n\n\
             {link}\n\n\
             If it was not, there is nothing to do: nobody can sign in with it.\n"
        );
        Self::new(to, "Confirm your address", text)
    }

    /// The link of an invitation.
    pub(crate) fn invitation(to: &str, link: &str, by: &str, organization: &str) -> Self {
        let text = format!(
            "{by} invites you to {organization} on Prompt Pilot.\n\n\
             The invitation is good for a week, and once:\n\n\
             {link}\n"
        );
        Self::new(to, format!("{by} invites you to {organization}"), text)
    }
}
