//! The answer to a `GetCallerIdentity` of those who stand in for AWS: they say it in XML, whatever is asked for.

use bytes::Bytes;

use crate::services::element;

/// What the answer tells, by its names in AWS's API
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>).
const MEMBERS: [&str; 3] = ["Account", "Arn", "UserId"];

/// The answer in JSON: as it is, or made of XML. What is neither is left for whoever reads it to refuse.
pub(super) fn in_json(answer: Bytes) -> Bytes {
    if !answer.starts_with(b"<") {
        return answer;
    }
    let made = std::str::from_utf8(&answer).ok().and_then(|text| {
        let members = MEMBERS.into_iter().map(|name| Some((name, element(text, name)?.into())));
        let result: serde_json::Map<_, _> = members
            .map(|member| member.map(|(name, value)| (name.to_owned(), value)))
            .collect::<Option<_>>()?;
        let whole = serde_json::json!({ "GetCallerIdentityResponse": { "GetCallerIdentityResult": result } });
        serde_json::to_vec(&whole).ok()
    });
    made.map_or(answer, Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">
      <GetCallerIdentityResult><Arn>arn:aws:sts::1:assumed-role/a/b</Arn><UserId>AROA:b</UserId><Account>1</Account>
      </GetCallerIdentityResult></GetCallerIdentityResponse>";

    fn told(text: &str) -> Bytes {
        in_json(Bytes::from(text.to_owned()))
    }

    #[test]
    fn xml_becomes_what_aws_says_in_json() {
        let json = r#"{"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"Account":"1","Arn":"arn:aws:sts::1:assumed-role/a/b","UserId":"AROA:b"}}}"#;
        assert_eq!(told(XML), json);
        assert_eq!(told(json), json);
    }

    #[test]
    fn what_is_not_clear_is_left_as_it_is() {
        for text in [
            "",
            "<",
            "<html></html>",
            &XML.replace("<Account>1</Account>", ""),
            &XML.replace("<Account>1</Account>", "<Account></Account>"),
            &XML.replace("<Account>1</Account>", "<Account>1</Account><Account>2</Account>"),
            &XML.replace("AROA:b", "A&amp;B"),
        ] {
            assert_eq!(told(text), text);
        }
    }
}
