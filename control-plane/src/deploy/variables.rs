//! What a function finds in its environment: what is ours, the variables of the environment that it is
//! deployed to, and whatever somebody else set at the target, which is never dropped.

use std::collections::{BTreeMap, HashMap};

use super::job::{Job, Stop, Work};
use crate::environments::variables;

/// Variables with this beginning are ours to set and to remove.
const OURS: &str = "PROMPTPILOT_";

/// Names of its environment's variables that a function was given: those are ours to remove, too.
const GIVEN: &str = "PROMPTPILOT_VARIABLES";

/// The variables of the function's environment, and which ones they are.
pub(super) async fn given(work: &Work, job: &Job) -> Result<BTreeMap<String, String>, Stop> {
    let system = work.plane.database().system();
    let given = variables::store::give(system, work.claim.organization, job.taken.id).await?;
    Ok(with_names(given))
}

fn with_names(mut given: BTreeMap<String, String>) -> BTreeMap<String, String> {
    if !given.is_empty() {
        let names: Vec<&str> = given.keys().map(String::as_str).collect();
        given.insert(GIVEN.to_owned(), names.join(","));
    }
    given
}

/// The variables to set, where the target has some: those that are wanted, and others' that are there.
pub(super) fn with_others(
    wanted: &BTreeMap<String, String>,
    remote: Option<&HashMap<String, String>>,
) -> BTreeMap<String, String> {
    let given = remote.and_then(|remote| remote.get(GIVEN)).map_or("", String::as_str);
    let is_ours = |name: &str| name.starts_with(OURS) || given.split(',').any(|of| of == name);
    let mut variables = wanted.clone();
    for (name, value) in remote.into_iter().flatten() {
        if !is_ours(name) {
            variables.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_goes_when_it_is_given_no_more_and_what_others_set_stays() {
        let pairs = |all: &[(&str, &str)]| -> BTreeMap<String, String> {
            all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let first = with_names(pairs(&[("MODE", "a"), ("OLD", "x")]));
        assert_eq!(first[GIVEN], "MODE,OLD");
        let mut remote: HashMap<_, _> = with_others(&first, None).into_iter().collect();
        remote.insert("LAYER".to_owned(), "theirs".to_owned());
        remote.insert("PROMPTPILOT_EARLIER".to_owned(), "ours".to_owned());
        let next = with_others(&with_names(pairs(&[("MODE", "b")])), Some(&remote));
        assert_eq!(next, pairs(&[("LAYER", "theirs"), ("MODE", "b"), (GIVEN, "MODE")]));
        let last = with_others(&with_names(BTreeMap::new()), Some(&next.into_iter().collect()));
        assert_eq!(last, pairs(&[("LAYER", "theirs")]));
        // A name that somebody set there first is given all the same.
        let taken = with_others(&pairs(&[("LAYER", "ours")]), Some(&remote));
        assert_eq!(taken["LAYER"], "ours");
    }
}
