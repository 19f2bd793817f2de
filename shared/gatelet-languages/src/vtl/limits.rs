//! How far a template may go. AWS names two of these; the others keep a template from taking more than its request is worth.

/// How deep directives, lists, maps, calls and parentheses may stand in each other.
pub(super) const NESTING_MAX: usize = 100;

/// How many different patterns may stand in a template, and how many JSONPaths with patterns in them: each takes up to a millisecond to compile.
pub(super) const PATTERNS_MAX: usize = 50;

/// How long a pattern may be that a rendering makes or takes from data, in bytes.
pub(super) const PATTERN_BYTES_MAX: usize = 2048;

/// How many path parameters, query parameters or headers a template overrides at most: more than a request or an answer may have.
pub(super) const OVERRIDES_MAX: usize = 1_000;

/// How many rounds a `#foreach` makes, as AWS has it
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>): Velocity's own limit, which ends the loop without an error.
pub(super) const ROUNDS_MAX: usize = 1_000;

/// How deep macros may call each other: Velocity's own limit.
pub(super) const MACRO_DEPTH_MAX: usize = 20;

/// How often a `#define`d block may stand in itself: Velocity's own limit.
pub(super) const DEFINE_DEPTH_MAX: usize = 2;

/// How deep everything that is rendered may stand in each other: an expression, and a list or map that is printed or compared, counts as one,
/// a block as [`BLOCK_DEPTH`]. So much fits into 2 MB of stack without optimisation, together with what reading, writing and searching
/// a document of the largest depth takes. A list can be put into itself.
pub(super) const RENDER_DEPTH_MAX: usize = 500;

/// How many expressions a block weighs.
pub(super) const BLOCK_DEPTH: usize = 3;

/// How many steps a rendering takes at most. A step takes some ten nanoseconds, in hard cases fifty.
pub(super) const FUEL: u64 = 2_000_000;

/// How many bytes of text are made with one step.
pub(super) const BYTES_PER_STEP: usize = 32;

/// How many bytes of JSON are written with one step: small values take longer per byte than texts.
pub(super) const JSON_BYTES_PER_STEP: usize = 16;

/// How many bytes a rendering gives at most: as large as a payload may be.
pub(super) const OUTPUT_BYTES_MAX: usize = 10 * 1024 * 1024;

/// How many bytes texts, lists and maps that a rendering makes may take, those of the body not counted: these can be thirty times as large as the
/// body's text where it is nothing but small lists. Texts take up to as much again, because their memory grows by doubling.
pub(super) const HEAP_BYTES_MAX: usize = 32 * 1024 * 1024;
