//! Schemas and values: the words in which violations are told, limits, and the suite for draft 4.

mod foreign;
mod limits;
mod patterns;
mod violations;

use super::*;

fn compile(schema: &str) -> Schema {
    Schema::compile(schema, "", &|_| None).unwrap()
}

fn refusal(schema: &str) -> String {
    Schema::compile(schema, "", &|_| None).unwrap_err().to_string()
}

/// What is wrong with a document.
fn judge(schema: &Schema, document: &str) -> Result<String, LanguageError> {
    let texts = Bump::new();
    let document = texts.alloc_str(document);
    let mut heap = Heap::new(&texts);
    let value = json::read(document, &mut heap).unwrap();
    Ok(schema.validate(value, &heap)?.err().map(|violations| violations.shown()).unwrap_or_default())
}
