//! Figures over calls: how many there are of each kind, when they were, and what they took and cost.
//! They are counted from the calls themselves, newest first, so many and no more.

pub mod model;
pub(crate) mod routes;
mod store;

use axum::http::StatusCode;
use time::{Duration, OffsetDateTime};

use self::model::{Bucket, Counted, Facet, Facets, Histogram, Summary, SummaryBy};
use super::search::{
    store as search,
    wanted::{Of, Span, Wanted, time_of},
};
use crate::{
    database::plan_for_conditions,
    http::{Context, Problem},
};

/// Calls that are looked at for facets and histograms, at most.
const LOOKED_AT: i64 = 100_000;

/// Calls that are summed up, at most.
const SUMMED_UP: i64 = 500_000;

/// Values of a facet.
const VALUES: usize = 50;

/// Bars of a histogram, about.
const BARS: i64 = 60;

/// Widths of a bar, in seconds.
const WIDTHS: [i64; 14] =
    [1, 5, 10, 30, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800];

/// The longest time that is summed up: a week back from a moment that has passed when it is asked for.
const LONGEST: Duration = Duration::minutes(7 * 24 * 60 + 1);

/// A range of time, and what is looked at of it.
struct Range {
    time: Counted,
    span: Span,
    wanted: Wanted,
}

/// Calls of a day, or of the time that is asked for, as far as there are not too many.
async fn range(context: &Context, mut of: Of, most: i64) -> Result<Range, Problem> {
    let until = *of.until.get_or_insert_with(OffsetDateTime::now_utc);
    let since = *of.since.get_or_insert(until.saturating_sub(Duration::DAY));
    if since >= until {
        let detail = "`since` must be before `until`";
        return Err(out_of_range(detail).hint("give a `since` that lies before `until`"));
    }
    let mut span = of.span();
    let mut db = context.read().await?;
    let wanted = of.wanted(&mut db).await?;
    plan_for_conditions(&mut db).await?;
    let floor = search::floor(&mut db, span, &wanted.driver(), most).await?;
    if let Some(floor) = floor {
        span.least = floor;
    }
    let time = Counted { since, until, scanned_until: floor.and_then(time_of) };
    Ok(Range { time, span, wanted })
}

fn out_of_range(detail: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "range-invalid", detail)
}

async fn facets(context: &Context, of: Of) -> Result<Facets, Problem> {
    let range = range(context, of, LOOKED_AT).await?;
    let mut db = context.read().await?;
    plan_for_conditions(&mut db).await?;
    let counts = store::facets(&mut db, range.span, &range.wanted).await?;
    let mut facets: Vec<Facet> = Vec::new();
    for (name, value) in counts {
        match facets.last_mut().filter(|facet| facet.name == name) {
            Some(facet) if facet.values.len() < VALUES => facet.values.push(value),
            Some(facet) => facet.more = true,
            None => facets.push(Facet { name, values: vec![value], more: false }),
        }
    }
    Ok(Facets { time: range.time, facets })
}

async fn histogram(context: &Context, of: Of) -> Result<Histogram, Problem> {
    let range = range(context, of, LOOKED_AT).await?;
    let Counted { since, until, .. } = range.time;
    let bucket_s = width((until - since).whole_seconds());
    let mut db = context.read().await?;
    plan_for_conditions(&mut db).await?;
    let counted = store::histogram(&mut db, range.span, &range.wanted, bucket_s).await?;
    // Where nothing was is told, too, so that nobody has to find out what is missing.
    let first = since.unix_timestamp().div_euclid(bucket_s) * bucket_s;
    let starts = (first..=(until - Duration::NANOSECOND).unix_timestamp())
        .step_by(usize::try_from(bucket_s).unwrap_or(usize::MAX));
    let mut counted = counted.into_iter().peekable();
    let buckets = starts.map(|start| {
        let (_, count, errors) =
            counted.next_if(|(at, _, _)| *at == start).unwrap_or((start, 0, 0));
        let at = OffsetDateTime::from_unix_timestamp(start).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        Bucket { at, count, errors }
    });
    Ok(Histogram { bucket_s, buckets: buckets.collect(), time: range.time })
}

/// The width of a bar, in seconds, with which a time has not too many of them.
fn width(seconds: i64) -> i64 {
    let fits = |width: &&i64| seconds / **width <= BARS;
    let widest = WIDTHS[WIDTHS.len() - 1];
    WIDTHS.iter().find(fits).copied().unwrap_or_else(|| (seconds / BARS / widest + 1) * widest)
}

async fn summary(context: &Context, of: Of, by: SummaryBy) -> Result<Summary, Problem> {
    let range = range(context, of, SUMMED_UP).await?;
    if range.time.until - range.time.since > LONGEST {
        let detail = "a summary is of 7 days at most";
        return Err(out_of_range(detail).hint("ask for a shorter time, by `since` and `until`"));
    }
    let mut db = context.read().await?;
    plan_for_conditions(&mut db).await?;
    let items = store::summary(&mut db, range.span, &range.wanted, by).await?;
    Ok(Summary { time: range.time, by, items })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_has_bars_that_people_can_count() {
        for (seconds, wanted) in [
            (1, 1),
            (60, 1),
            (3600, 60),
            (86_400, 1800),
            (7 * 86_400, 10_800),
            (400 * 86_400, 604_800),
        ] {
            assert_eq!(width(seconds), wanted, "{seconds}");
        }
        assert!(100 * 365 * 86_400 / width(100 * 365 * 86_400) <= BARS);
    }
}
