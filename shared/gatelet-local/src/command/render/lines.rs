//! A template and a message on each line.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

use gatelet_languages::LanguageError;
use gatelet_languages::vtl::{Overrides, Template};
use serde::Deserialize;

use super::scope::{ContextObject, Message, Params, Texts};

/// The longest line that is taken.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// A line.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    template: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    params: Option<Params>,
    #[serde(default)]
    context: Option<ContextObject>,
    #[serde(default)]
    stage_variables: Option<Texts>,
}

/// Answers each line with one line, as soon as it is there. A line that cannot be rendered is answered with why, and those after it are
/// answered all the same.
///
/// # Errors
/// Where it cannot be read or written.
pub(super) fn render(input: impl Read, output: impl Write) -> io::Result<()> {
    let (mut input, mut output) = (BufReader::new(input), BufWriter::new(output));
    let mut renderer = Renderer::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
            return output.flush();
        }
        let outcome = if line.ends_with(b"\n") || (line.len() as u64) < LINE_BYTES_MAX {
            renderer.line(&line)
        } else {
            skip_line(&mut input)?;
            Err(format!("the line is longer than {LINE_BYTES_MAX} bytes"))
        };
        let answer = match outcome {
            Ok(out) => serde_json::json!({ "out": out }),
            Err(error) => serde_json::json!({ "error": error }),
        };
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        // Whoever waits for this answer before the next line gets it; where more lines are there already, they go out together.
        if input.buffer().is_empty() {
            output.flush()?;
        }
    }
}

fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let (taken, is_over) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(end) => (end + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(taken);
        if is_over {
            return Ok(());
        }
    }
}

/// Renders lines; the template of the last one is kept, because many lines in a row often have the same.
#[derive(Default)]
struct Renderer {
    last: Option<(String, Result<Template, String>)>,
}

impl Renderer {
    fn line(&mut self, line: &[u8]) -> Result<String, String> {
        let line: Line = serde_json::from_slice(line).map_err(|error| {
            format!("this line is no JSON object of `template` and what it sees: {error}")
        })?;
        let Line { template: text, body, params, context, stage_variables } = line;
        let message = Message {
            body: body.unwrap_or_default(),
            params: params.unwrap_or_default(),
            context: context.unwrap_or_default().0,
            stage_variables: stage_variables.unwrap_or_default(),
        };
        if self.last.as_ref().is_none_or(|(last, _)| *last != text) {
            let template = Template::parse(&text).map_err(|error| placed(&error, &text));
            self.last = Some((text, template));
        }
        let Some((text, template)) = &self.last else { return Ok(String::new()) };
        let template = template.as_ref().map_err(Clone::clone)?;
        let rendered = template.render(&message, Overrides::default());
        rendered.map(|rendered| rendered.text).map_err(|error| placed(&error, text))
    }
}

/// An error with its line and column in the template, in characters.
fn placed(error: &LanguageError, template: &str) -> String {
    let before = template.get(..template.floor_char_boundary(error.offset)).unwrap_or(template);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}: {}", error.message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn rendered(input: &str) -> Vec<serde_json::Value> {
        let mut output = Vec::new();
        render(input.as_bytes(), &mut output).unwrap();
        String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn each_line_has_its_answer_and_a_bad_one_stops_nothing() {
        let input = "{\"template\": \"a\\nb\"}\n\nnonsense\n{\"body\": \"x\"}\n{\"template\": \"c\", \"expected\": 1, \"body\": null}";
        let answers = rendered(input);
        let kinds: Vec<bool> = answers.iter().map(|answer| answer.get("out").is_some()).collect();
        assert_eq!(kinds, [true, false, false, false, true]);
        assert_eq!(answers.first().unwrap(), &serde_json::json!({ "out": "a\nb" }));
        assert!(answers.iter().all(|answer| answer.as_object().unwrap().len() == 1));
    }

    #[test]
    fn the_rest_of_a_line_is_skipped() {
        let mut input = BufReader::with_capacity(4, "abcdefghij\nnext".as_bytes());
        skip_line(&mut input).unwrap();
        let mut rest = String::new();
        input.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "next");
        skip_line(&mut input).unwrap();
    }

    #[test]
    fn an_error_has_its_line_and_column() {
        let error = LanguageError { offset: 5, message: "no".to_owned() };
        assert_eq!(placed(&error, "a\n\u{e9}bc"), "line 2, column 3: no");
        assert_eq!(placed(&LanguageError { offset: 99, ..error }, "a"), "line 1, column 2: no");
    }
}
