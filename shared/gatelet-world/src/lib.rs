//! The ports in memory, with a virtual clock: for simulation and for the core's own tests.
