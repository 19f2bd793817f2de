//! What import makes of small definitions.
