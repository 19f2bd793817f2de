//! How far a template may go. AWS names two of these; the others keep a template from taking more than its request is worth.

/// How deep directives, lists, maps, calls and parentheses may stand in each other.
pub(super) const NESTING_MAX: usize = 100;

/// How many rounds a `#foreach` makes, as AWS has it
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>): Velocity's own limit, which ends the loop without an error.
pub(super) const ROUNDS_MAX: usize = 1_000;

/// How deep macros may call each other: Velocity's own limit.
pub(super) const MACRO_DEPTH_MAX: usize = 20;

/// How often a `#define`d block may stand in itself: Velocity's own limit.
pub(super) const DEFINE_DEPTH_MAX: usize = 2;

/// How deep blocks may be rendered in each other, whatever they are.
pub(super) const RENDER_DEPTH_MAX: usize = 200;

/// How deep lists and maps are printed in each other: a list can be put into itself.
pub(super) const PRINT_DEPTH_MAX: usize = 400;

/// How many steps a rendering takes at most. A step takes some ten nanoseconds.
pub(super) const FUEL: u64 = 2_000_000;

/// How many bytes of text are made with one step.
pub(super) const BYTES_PER_STEP: usize = 32;

/// How many bytes a rendering gives at most: as large as a payload may be.
pub(super) const OUTPUT_BYTES_MAX: usize = 10 * 1024 * 1024;

/// How many bytes texts, lists and maps that a rendering makes may take, those of the body not counted.
pub(super) const HEAP_BYTES_MAX: usize = 32 * 1024 * 1024;
