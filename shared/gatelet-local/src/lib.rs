//! The gateway on one machine: server, embedded store and the gatelet command.
