//! JSON documents: read into values of a [`Heap`], and written again.
//!
//! Values are what API Gateway's own reader makes of a document. That reader is json-smart, a Java library: forms that are posted
//! as `a=b&c=d` come out of `$input.path('$')` as one text
//! (<https://stackoverflow.com/questions/31329958>), the developer guide's own example body ends in a comma
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings.html>), and mock integrations take
//! `{statusCode: 200}`: all of which json-smart takes in its permissive mode, and few other readers. So there are two readings:
//! [`read`] takes what RFC 8259 calls JSON and nothing else, which is what is validated; [`read_lenient`] takes what json-smart takes beside, for templates.

mod decimal;
mod lenient;
mod number;
mod reader;
mod writer;

use crate::LanguageError;
use crate::heap::{Heap, Value};

pub(crate) use decimal::{DIVISOR_DIGITS_MAX, Decimal};
pub(crate) use number::java_double;
pub(crate) use writer::write_within;
pub use writer::{write, write_text};

/// How deep lists and maps may lie in each other: json-smart's own limit, against documents that are nothing but brackets.
pub(crate) const DEPTH_MAX: usize = 400;

/// How many characters a number may have: json-smart's own limit, against numbers that take longer to work with than to send.
pub(crate) const NUMBER_LENGTH_MAX: usize = 1000;

/// How large a written document may grow, in bytes: as large as a payload may be. A value that contains another twice, and that one a third
/// twice, would else be written without end.
pub(crate) const WRITTEN_BYTES_MAX: usize = 10 * 1024 * 1024;

/// Reads a JSON document. Texts without escapes are borrowed from it.
///
/// Of members with the same name the last value counts, at the place of the first. Half of a surrogate pair, which is no character, becomes `?`,
/// as it would where Java writes it.
///
/// # Errors
/// A [`LanguageError`] where RFC 8259 would not take it, and where [`DEPTH_MAX`] or [`NUMBER_LENGTH_MAX`] is met.
pub fn read<'a>(text: &'a str, heap: &mut Heap<'a>) -> Result<Value<'a>, LanguageError> {
    reader::read(text, heap, reader::Members::LastWins)
}

/// Reads a JSON document that must not name a member twice: where what is judged here is passed on to somebody who could
/// take the other one.
///
/// # Errors
/// As [`read`], and where a map has two members of one name.
pub fn read_unambiguous<'a>(text: &'a str, heap: &mut Heap<'a>) -> Result<Value<'a>, LanguageError> {
    reader::read(text, heap, reader::Members::Unique)
}

/// Reads a document as json-smart does in its permissive mode: what is JSON as [`read`] does; beyond that names and texts without quotes or in
/// single ones, commas too many, numbers with zeros in front, and anything behind the end. Where nothing else fits the whole is a text.
///
/// # Errors
/// A [`LanguageError`] where json-smart would not take it either, and where a limit is met.
pub fn read_lenient<'a>(text: &'a str, heap: &mut Heap<'a>) -> Result<Value<'a>, LanguageError> {
    let before = heap.mark();
    match reader::read(text, heap, reader::Members::LastWins) {
        Ok(value) => Ok(value),
        Err(_) => {
            // Nothing points to what was read until then.
            heap.reset_to(before);
            lenient::read(text, heap)
        }
    }
}

#[cfg(test)]
mod tests;
