//! The data plane: the life of a request, as pure decisions and narrow ports.
