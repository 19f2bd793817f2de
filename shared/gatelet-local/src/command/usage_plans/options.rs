//! Throttles, quotas and stages as they are typed.

use gatelet_model::rest::MethodSettingsTarget;
use gatelet_model::{ApiId, Problem, Quota, QuotaPeriod, StageName, Throttle};

use crate::command::parsed;

/// What takes a limit away.
const NO_LIMIT: &str = "none";

/// A limit, or that there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Limit<T> {
    /// This one.
    Is(T),
    /// None.
    No,
}

impl<T: Copy> Limit<T> {
    pub(super) const fn value(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::No => None,
        }
    }
}

/// A quota as it is typed: its offset is an option of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PeriodLimit {
    pub(super) limit: u32,
    pub(super) period: QuotaPeriod,
}

impl PeriodLimit {
    pub(super) const fn with_offset(self, offset: u32) -> Quota {
        Quota { limit: self.limit, offset, period: self.period }
    }
}

/// A stage of an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StageOption {
    pub(super) api: ApiId,
    pub(super) stage: StageName,
}

/// A limit for methods of a stage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MethodOption {
    pub(super) of: StageOption,
    pub(super) target: MethodSettingsTarget,
    pub(super) throttle: Limit<Throttle>,
}

fn said(problem: &Problem) -> String {
    match &problem.help {
        Some(help) => format!("{}; {help}", problem.message),
        None => problem.message.clone(),
    }
}

/// `RATE:BURST`.
pub(super) fn throttle(text: &str) -> Result<Throttle, String> {
    let malformed = || {
        format!(
            "`{text}` is no throttle: write requests per second and how many at once, as in `10:20` or `0.5:1`"
        )
    };
    let (rate, burst) = text.split_once(':').ok_or_else(malformed)?;
    let rate: f64 = rate.parse().map_err(|_| malformed())?;
    let burst: u32 = burst.parse().map_err(|_| malformed())?;
    Throttle::new(rate, burst).map_err(|problem| said(&problem))
}

/// `RATE:BURST`, or `none`.
pub(super) fn throttle_or_none(text: &str) -> Result<Limit<Throttle>, String> {
    if text == NO_LIMIT { Ok(Limit::No) } else { throttle(text).map(Limit::Is) }
}

/// `LIMIT/PERIOD`.
pub(super) fn quota(text: &str) -> Result<PeriodLimit, String> {
    let malformed = || {
        format!(
            "`{text}` is no quota: write requests and a period, as in `1000/day`, `5000/week` or `20000/month`"
        )
    };
    let (limit, period) = text.split_once('/').ok_or_else(malformed)?;
    let limit: u32 = limit.parse().map_err(|_| malformed())?;
    let period = QuotaPeriod::parse(&period.to_ascii_uppercase()).map_err(|_| malformed())?;
    Ok(PeriodLimit { limit, period })
}

/// `LIMIT/PERIOD`, or `none`.
pub(super) fn quota_or_none(text: &str) -> Result<Limit<PeriodLimit>, String> {
    if text == NO_LIMIT { Ok(Limit::No) } else { quota(text).map(Limit::Is) }
}

/// `API/STAGE`.
pub(super) fn stage(text: &str) -> Result<StageOption, String> {
    let (api, stage) = text.split_once('/').ok_or_else(|| {
        format!("`{text}` is no stage: write the API's id and the stage's name, as in `u8eys5uu5r/dev`")
    })?;
    Ok(StageOption { api: parsed(ApiId::parse)(api)?, stage: parsed(StageName::parse)(stage)? })
}

fn method(
    text: &str,
    throttle: impl Fn(&str) -> Result<Limit<Throttle>, String>,
) -> Result<MethodOption, String> {
    let malformed = || {
        format!(
            "`{text}` is no limit of a method: write it as in `u8eys5uu5r/dev:/pets/GET=10:20`; `*/*` is every method"
        )
    };
    let (of, rest) = text.split_once(':').ok_or_else(malformed)?;
    let (target, limit) = rest.rsplit_once('=').ok_or_else(malformed)?;
    let target = MethodSettingsTarget::parse(target).map_err(|problem| said(&problem))?;
    Ok(MethodOption { of: stage(of)?, target, throttle: throttle(limit)? })
}

/// `API/STAGE:/path/GET=RATE:BURST`.
pub(super) fn method_throttle(text: &str) -> Result<MethodOption, String> {
    method(text, |text| throttle(text).map(Limit::Is))
}

/// `API/STAGE:/path/GET=RATE:BURST`, or `=none`.
pub(super) fn method_throttle_or_none(text: &str) -> Result<MethodOption, String> {
    method(text, throttle_or_none)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn throttles_are_read() {
        assert_eq!(throttle("10:20"), Ok(Throttle::new(10.0, 20).unwrap()));
        assert_eq!(throttle("0.5:1"), Ok(Throttle::new(0.5, 1).unwrap()));
        assert_eq!(throttle_or_none("none"), Ok(Limit::No));
        for text in ["", "10", "10:", ":1", "-1:5", "1:-5", "NaN:1", "inf:1", "1:1.5", "none", "1:2:3"] {
            assert!(throttle(text).is_err(), "{text}");
        }
        assert_eq!(throttle("-1:5").unwrap_err(), "`-1` is not a rate; give requests per second, 0 or more");
    }

    #[test]
    fn quotas_are_read() {
        let of = |limit, period| Ok(PeriodLimit { limit, period });
        assert_eq!(quota("1000/day"), of(1_000, QuotaPeriod::Day));
        assert_eq!(quota("5/WEEK"), of(5, QuotaPeriod::Week));
        assert_eq!(quota("0/Month"), of(0, QuotaPeriod::Month));
        for text in ["", "1000", "/day", "1000/", "1000/year", "-1/day", "1.5/day", "none"] {
            assert!(quota(text).unwrap_err().contains("as in `1000/day`"), "{text}");
        }
        assert_eq!(quota_or_none("none"), Ok(Limit::No));
    }

    #[test]
    fn stages_and_their_methods_are_read() {
        let of = stage("u8eys5uu5r/dev").unwrap();
        assert_eq!((of.api.as_str(), of.stage.as_str()), ("u8eys5uu5r", "dev"));
        for (text, target) in [
            ("u8eys5uu5r/dev:/pets/{id}/GET=1:2", "/pets/{id}/GET"),
            ("u8eys5uu5r/dev:/GET=1:2", "//GET"),
            ("u8eys5uu5r/dev:*/*=1:2", "*/*"),
            ("u8eys5uu5r/dev:/*/*=1:2", "*/*"),
            ("u8eys5uu5r/dev:/a:b=c/*=1:2", "/a:b=c/*"),
        ] {
            let read = method_throttle(text).unwrap();
            assert_eq!((read.of, String::from(read.target)), (of.clone(), target.to_owned()), "{text}");
            assert_eq!(read.throttle, Limit::Is(Throttle::new(1.0, 2).unwrap()));
        }
        assert_eq!(method_throttle_or_none("u8eys5uu5r/dev:*/*=none").unwrap().throttle, Limit::No);
        for text in [
            "",
            "u8eys5uu5r",
            "u8eys5uu5r/dev:/pets/GET",
            "u8eys5uu5r/dev=1:2",
            "u8eys5uu5r/dev:/pets/FETCH=1:2",
        ] {
            assert!(method_throttle(text).is_err(), "{text}");
        }
    }
}
