//! What attackers do to be let in, each with its stated outcome through the whole data plane: what they spell, forge, repeat and
//! inject, what their identity providers do, and what they could learn from a refusal.

mod alike;
mod canaries;
mod headers;
mod monotone;
mod providers;
mod spellings;
mod values;
mod wildcards;
