//! An organization's budget, as the API shows it.

use promptpilot_spec::{state::Terms, units::Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::http::time::Rfc3339;

/// What an organization may spend. Body of `PUT /api/organizations/{organization}/budget`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OrganizationBudget")]
pub struct Budget {
    /// How much in which period, such as `100 USD/month`. Periods are the calendar's, in UTC.
    pub limit: Money,
    /// Tells once in each period that this share of it is spent, such as 0.8; absent means never, or, of a
    /// budget that is not hard, at all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub soft: Option<f64>,
    /// Whether calls beyond it are refused; else it only tells.
    #[serde(default = "hard")]
    pub hard: bool,
}

const fn hard() -> bool {
    true
}

/// An organization's budget, and what is spent of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BudgetState {
    /// Null means that it may spend as much as it likes.
    pub budget: Option<Budget>,
    /// What is spent of it in this period, and what calls that run now have set aside, in USD; null without
    /// a budget.
    pub spent_usd: Option<String>,
    /// When the next period begins; null without a budget.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<Rfc3339>")]
    pub resets: Option<OffsetDateTime>,
    /// Whether deployed endpoints are held to it: they are not where they have no state store.
    pub holds_endpoints: bool,
}

impl Budget {
    /// When so much is spent, it is told; in micro-USD. Rounded up.
    fn told_at(&self) -> Option<u64> {
        let share = self.soft.or((!self.hard).then_some(1.0))?;
        Some((self.limit.micro_usd as f64 * share).ceil() as u64)
    }

    /// As state stores know it.
    pub(crate) fn terms(&self) -> Terms {
        Terms { limit: self.limit, soft: self.told_at(), hard: self.hard }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_that_refuses_nobody_tells_at_its_end() {
        let budget = |soft, hard| Budget { limit: "0.01 USD/day".parse().unwrap(), soft, hard };
        let told = |soft, hard| budget(soft, hard).told_at();
        assert_eq!((told(None, true), told(None, false)), (None, Some(10_000)));
        assert_eq!((told(Some(0.8), true), told(Some(0.33333), false)), (Some(8_000), Some(3_334)));
    }
}
