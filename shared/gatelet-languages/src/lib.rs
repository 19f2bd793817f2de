//! The small languages that API Gateway embeds in its definitions.
