//! Templates as a whole: as Velocity renders them, what they override, their limits, and those of others.

mod foreign;
mod language;
mod limits;
mod line;
mod overrides;
mod random;
mod work;

use super::{Overrides, Rendered, Template};
use crate::LanguageError;

/// What a template renders to for whoever sees this.
fn rendered(seen: &str, template: &str) -> Result<String, LanguageError> {
    rendered_with(seen, template, Overrides::default()).map(|rendered| rendered.text)
}

fn rendered_with(seen: &str, template: &str, overrides: Overrides) -> Result<Rendered, LanguageError> {
    let template = Template::parse(template)?;
    line::with(seen, |line| template.render(line, overrides))
}
