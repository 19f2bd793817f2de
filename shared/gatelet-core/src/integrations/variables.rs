//! Texts of a definition with the stage's variables in them.

use gatelet_languages::LanguageError;
use gatelet_languages::uri::{UriPart, UriTemplate};
use gatelet_model::StageVariables;

/// A text with the stage's variables filled in.
///
/// # Errors
/// What is wrong with it, for the author; a placeholder in it is.
pub(crate) fn filled(text: &str, variables: &StageVariables) -> Result<String, String> {
    let mut placeholder = None;
    let filled = with_placeholders(text, variables, &mut |_, name| placeholder = Some(name.to_owned()))?;
    match placeholder {
        None => Ok(filled),
        Some(name) => Err(format!(
            "`{text}`: nothing fills `{{{name}}}` in it: only stage variables are filled in here"
        )),
    }
}

/// A text with the stage's variables filled in; placeholders stay as they are.
///
/// # Errors
/// What is wrong with it, for the author.
pub(crate) fn filled_but_placeholders(text: &str, variables: &StageVariables) -> Result<String, String> {
    // No stage variable holds a brace.
    with_placeholders(text, variables, &mut |filled, name| {
        filled.push('{');
        filled.push_str(name);
        filled.push('}');
    })
}

fn with_placeholders(
    text: &str,
    variables: &StageVariables,
    placeholder: &mut dyn FnMut(&mut String, &str),
) -> Result<String, String> {
    let wrong = |error: LanguageError| format!("`{text}`: {error}");
    let template = UriTemplate::parse(text).map_err(wrong)?;
    let template = template
        .render_stage_variables(|name| variables.get(name).map(String::as_str))
        .map_err(|error| format!("`{text}`: {error}"))?;
    let mut filled = String::with_capacity(text.len());
    for part in template.parts() {
        match part {
            UriPart::Text(part) | UriPart::StageVariable(part) => filled.push_str(part),
            UriPart::Placeholder(name) => placeholder(&mut filled, name),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn variables_are_filled_in_and_placeholders_stay_or_are_refused() {
        let variables = StageVariables::new([("v".to_owned(), "1".to_owned())]).unwrap();
        let both = |text: &str| (filled(text, &variables), filled_but_placeholders(text, &variables));
        assert_eq!(both("a${stageVariables.v}b"), (Ok("a1b".to_owned()), Ok("a1b".to_owned())));
        let (refused, kept) = both("{x}/${stageVariables.v}");
        assert!(refused.unwrap_err().contains("nothing fills `{x}`"));
        assert_eq!(kept.unwrap(), "{x}/1");
        let (one, other) = both("${stageVariables.none}");
        assert!(one.unwrap_err().contains("no variable `none`") && other.is_err());
    }
}
