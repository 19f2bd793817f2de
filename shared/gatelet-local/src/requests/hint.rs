//! What the author of an API should know about a request, and its client should not.

use gatelet_aws::telemetry;
use gatelet_core::record::{End, SealedRecord};
use gatelet_core::refusal::Refusal;

/// Why a request went wrong, where its status does not say so, in this command's own words where it can help.
pub(super) fn of(record: &SealedRecord) -> Option<String> {
    let broke_off = matches!(record.end, End::BrokenOff(_));
    match record.refusal() {
        Some(Refusal::UnknownHost) if !broke_off => {
            let hint = "the request's host is none that is answered here: `--allow-host NAME` adds one";
            Some(hint.to_owned())
        }
        Some(Refusal::NoSuchStage | Refusal::NoSuchHttpApiStage) if !broke_off => {
            Some("no API has such an address: the URLs above begin with the ones that work".to_owned())
        }
        _ => telemetry::cause(record).or_else(|| {
            record.is_unverified().then(|| {
                "whoever answered may be anybody: `insecureSkipVerification` takes a certificate of any issuer".to_owned()
            })
        }),
    }
}
